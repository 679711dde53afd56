#pragma once

#include "postgres/database.hpp"

namespace luminate::postgres {

/// Makes the schema, or brings an older one up to date, under an advisory lock, and finds out what the server can do.
/// In a database that cannot be written (a replica, Options::read_only) it only checks that the schema is there.
/// @throws Error storage_version for a schema of a newer version, a server older than 13, another encoding than UTF8.
Abilities prepare_schema(ConnectionPool& pool, const Options& options, const model::Call& call);

}  // namespace luminate::postgres
