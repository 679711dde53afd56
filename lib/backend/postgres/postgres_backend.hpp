#pragma once

#include <luminate/options.hpp>

#include <memory>
#include <string>

#include "backend/backend.hpp"

namespace luminate::postgres {

/// The backend over PostgreSQL or TimescaleDB: plain tables that other tools can read; docs/backends.md describes them.
/// Any number of processes may share a database.
///
/// The server need not be there yet: then this returns all the same, calls fail with storage_unavailable, and the
/// first one that reaches it prepares the schema.
/// @param url as parse_url() takes it. @throws Error invalid_option, storage_version, and storage_unavailable for what
/// waiting does not mend, such as a wrong password.
std::unique_ptr<backend::Backend> open_postgres(const std::string& url, const Options& options);

}  // namespace luminate::postgres
