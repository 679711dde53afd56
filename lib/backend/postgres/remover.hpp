#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"

namespace luminate::postgres {

/// Backend::remove(): all or nothing, in one transaction, so that a lost answer leaves it in doubt.
std::uint64_t remove(Database& database, const backend::DeleteRequest& request, const model::Call& call);

/// For statements that change samples: lets TimescaleDB decompress as much as it takes.
Statement unlimited_decompression();

}  // namespace luminate::postgres
