#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "sqlite/compactor.hpp"
#include "sqlite/retention_enforcer.hpp"
#include "sqlite/rewriting.hpp"

namespace luminate::sqlite {

/// The thread that keeps a file in shape: compaction, retention, giving space back. It sleeps until enough was written,
/// until what was written has been quiet for a while, or until retention is due; a store that nobody writes has it
/// sleep for good. It works for half of the time at most. Stops, and is joined, with the object.
class Maintenance {
 public:
  Maintenance(Rewriting& rewriting, Compactor& compactor, RetentionEnforcer& retention);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

  /// Counts segments that a write made. Wakes the thread once there is enough to do.
  void note_written(std::size_t segments);

 private:
  using Clock = std::chrono::steady_clock;
  using Instant = Clock::time_point;

  void run(const std::stop_token& stop);
  void sleep(const std::stop_token& stop);
  void pause(const std::stop_token& stop, Clock::duration length);
  void compact(const std::stop_token& stop);
  void enforce_retention(const std::stop_token& stop);
  void give_back_space(const std::stop_token& stop);
  /// Runs `work`; when it fails, says so, once until all succeeds again. @returns whether it succeeded.
  bool attempt(const std::stop_token& stop, std::string_view what, const std::function<void()>& work);
  Instant due() const;

  Rewriting& rewriting_;
  Compactor& compactor_;
  RetentionEnforcer& retention_;

  // Of the thread alone.
  std::optional<Instant> next_compaction_;
  Instant next_retention_;
  Clock::duration patience_{};  ///< After a failure, doubled with each.
  bool told_ = false;           ///< That it failed.

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t written_ = 0;  // Guarded by mutex_, like last_write_: segments since the last look.
  Instant last_write_;

  std::jthread thread_;  // Last: it uses all of the others.
};

}  // namespace luminate::sqlite
