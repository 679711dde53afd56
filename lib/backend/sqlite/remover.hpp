#pragma once

#include <cstdint>

#include "backend/backend.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/connection.hpp"

namespace luminate::sqlite {

/// Deletes samples in one transaction: drops or rewrites the segments that hold them, then the series, and the metric,
/// that have none left. The caller holds the writer's mutex. @returns how many samples there were.
std::uint64_t remove_samples(Connection& connection, Catalog& catalog, const backend::DeleteRequest& request,
                             const model::Call& call);

}  // namespace luminate::sqlite
