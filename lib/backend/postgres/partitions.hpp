#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "postgres/database.hpp"

namespace luminate::postgres {

/// Sees to it that days have their partition of `sample` before their samples come. Where it cannot make one in time,
/// or there are too many, samples go to the default partition, and later to their own (fill()). With a hypertable there
/// is nothing to do. Any thread.
///
/// No sample is lost or doubled, whoever else works on the same tables:
/// - A partition is made as a table of its own and then attached, which lets writers of other partitions go on. It
///   locks the default partition exclusively and fails if that has samples of the day. A writer that had chosen the
///   default before is refused by PostgreSQL (23514), and, tried again, finds the new partition.
/// - Samples move from the default partition in the transaction that attaches their own. From before the move until its
///   end nobody writes to the default, so none comes too late to be moved. Attaching would fail if one did.
/// - A reader with a snapshot from before the move must not look for the samples where they are only afterwards. So
///   reading transactions lock `sample` in ACCESS SHARE mode before they take their snapshot, and moving ends with it
///   locked exclusively: one waits for the other. Dropping a partition does the same by itself.
/// - One lock (Lock::partitions) is held by whoever makes, fills or drops partitions, so servers do not collide.
/// Nobody waits long for any of these: after half a second it is given up and left for later.
class Partitions {
 public:
  /// A statement over all of time locks every partition and its indexes, for which PostgreSQL has room for some 6,400
  /// by default.
  struct Limits {
    std::size_t most = 1'000;
    std::size_t kept = 100;  ///< And so many more for the days around now.
  };

  explicit Partitions(Database& database) : Partitions(database, Limits{}) {}
  Partitions(Database& database, Limits limits);

  /// Called before every write, outside of its transaction; costs nothing for days that are known. Does not fail for
  /// want of a partition. @throws Error query_timeout, cancelled, SqlError when the server is away.
  void ensure(std::span<const std::int64_t> timestamps_ms, const model::Call& call);
  /// Forgets a day that retention dropped.
  void forget(std::int64_t day);

  /// Makes the partitions of today and the next two days, and learns which there are.
  void make_ahead(const model::Call& call);
  /// Gives samples in the default partition their own, day by day, where there is room. @returns how many days.
  std::size_t fill(const model::Call& call);
  /// Brings the indexes by time of the latest days up to date, without which queries of an hour read the whole day.
  void summarize(const model::Call& call);

 private:
  using Clock = std::chrono::steady_clock;
  using Days = std::vector<std::int64_t>;  ///< Since 1970, ascending.

  std::int64_t today() const;
  /// Those that may be made when so many are there.
  Days admitted(const Days& wanted, const Days& there) const;
  /// Of the days of these times, those of which nothing is known.
  Days unknown(std::span<const std::int64_t> timestamps_ms);
  void make(const Days& wanted, const model::Call& call);
  void move(std::int64_t day, const model::Call& call);
  void tell_if_full(const Days& wanted, const Days& there);
  void learn(const Days& there);

  Database& database_;
  const Limits limits_;
  std::mutex making_;  ///< Held while partitions are made, so that threads do not do it twice.
  bool told_ = false;  ///< That there is no room for more. Guarded by making_.
  std::mutex mutex_;
  std::set<std::int64_t> days_;                      ///< Known to have a partition. Guarded by mutex_.
  std::map<std::int64_t, Clock::time_point> later_;  ///< Days without one, and when to try again. Guarded by mutex_.
};

inline constexpr std::int64_t kDayMs = 86'400'000;

/// The day of a time, since 1970, and rounded down before.
constexpr std::int64_t day_of(std::int64_t time_ms) noexcept {
  return time_ms / kDayMs - (time_ms % kDayMs < 0 ? 1 : 0);
}
/// "sample_20251121".
std::string partition_name(std::int64_t day);
/// The days that have a partition, ascending.
std::vector<std::int64_t> partition_days(Transaction& transaction);
/// Bounds how long the transaction waits for any lock.
Statement lock_timeout(std::chrono::milliseconds timeout);

}  // namespace luminate::postgres
