#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <span>

#include "postgres/database.hpp"

namespace luminate::postgres {

/// Sees to it that days have their partition of `sample` before their samples come. Where it cannot make one in time,
/// or there are too many, samples go to the default partition, and later to their own (compact()).
class Partitions {
 public:
  explicit Partitions(Database& database);

  /// Called before every write, outside of its transaction; costs nothing for days that are known.
  void ensure(std::span<const std::int64_t> timestamps_ms, const model::Call& call);
  /// Forgets a day that retention dropped.
  void forget(std::int64_t day);

 private:
  Database& database_;
  std::mutex mutex_;
  std::set<std::int64_t> days_;  ///< Since 1970, known to have a partition. Guarded by mutex_.
};

}  // namespace luminate::postgres
