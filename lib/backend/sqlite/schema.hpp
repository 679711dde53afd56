#pragma once

#include <luminate/options.hpp>

#include "sqlite/connection.hpp"

// The tables of a store, and what makes a SQLite file one of ours. docs/architecture.md describes them.
namespace luminate::sqlite {

/// Opens the writing connection: creates the tables in a new file, migrates an older one.
/// @throws Error storage_version for a newer file and for a database that is not a store.
void prepare_for_writing(Connection& connection, const std::string& path, Durability durability);

/// Checks that a file is a store this version can read. @throws Error storage_version.
void prepare_for_reading(Connection& connection, const std::string& path);

}  // namespace luminate::sqlite
