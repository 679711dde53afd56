#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {

/// Gives samples of the default partition their own, compresses whole chunks of a hypertable, brings the planner's
/// statistics up to date.
CompactionReport compact(Database& database, Partitions& partitions, const model::Call& call);
StoreStatistics statistics(Database& database, const model::Call& call);

}  // namespace luminate::postgres
