#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "postgres/database.hpp"
#include "postgres/transaction.hpp"

// How series that have lost their samples cease to exist, and metrics that have lost their series.
//
// Whoever deletes samples
// 1. holds the lock of deleters of the metric, so that of two who each delete a part of a series one sees the whole,
// 2. deletes samples, and notes the series,
// 3. looks, beside the writers, which of these have none left,
// 4. holds the metric's bucket exclusively, looks at these again, since a writer may have given them samples
//    meanwhile, and deletes them. Writers hold it shared while they use the ids of series, so none writes to a series
//    that is not there any more; and the generation has grown when they get it.
// All of that in one transaction of isolation READ COMMITTED, whose statements see what others have committed.
namespace luminate::postgres {

using SeriesOfMetrics = std::map<std::int64_t, std::vector<std::int64_t>>;  ///< Series ids by metric id.

struct Forgotten {
  std::uint64_t series = 0;
  std::uint64_t metrics = 0;
};

/// Step 1. Others than deleters do not wait.
Statement lock_deleters_shared(const std::string& schema);
Statement lock_deleters_of(const std::string& schema, std::span<const std::int64_t> metrics);
/// Instead of both: nobody else deletes anything.
Statement lock_all_deleters(const std::string& schema);

/// Step 3. @param besides a partition that does not count, since it is about to be emptied.
SeriesOfMetrics without_samples(Transaction& transaction, const SeriesOfMetrics& candidates, bool hypertable,
                                const std::string& besides = {});
/// Step 4.
Forgotten forget(Transaction& transaction, const std::string& schema, const SeriesOfMetrics& series);

}  // namespace luminate::postgres
