#pragma once

#include <luminate/maintenance.hpp>

#include <memory>
#include <string>

#include "sqlite/connection.hpp"

namespace luminate::sqlite {

/// Opens a store's file that others may be writing. Read-only media have no room for the index of the log that SQLite
/// makes beside a file; a file without a log does without. @throws Error storage_unavailable, storage_version.
std::unique_ptr<Connection> open_to_read(const std::string& path);

/// check_file() of maintenance.hpp, of a file that was opened.
CheckReport check_connection(Connection& connection, const CheckOptions& options);

}  // namespace luminate::sqlite
