#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {

/// Gives samples of the default partition their own, compresses all chunks of a hypertable, and has PostgreSQL free
/// what was deleted and count what is there. What others are at is left to them.
CompactionReport compact(Database& database, Partitions& partitions, const model::Call& call);

/// Segments are partitions or chunks, waiting ones chunks that are not compressed. Samples are counted where that is
/// quick, and estimated as the planner does otherwise.
StoreStatistics statistics(Database& database, const model::Call& call);

}  // namespace luminate::postgres
