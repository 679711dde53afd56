#pragma once

#include <luminate/error.hpp>

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

namespace luminate::backend {

/// How much all writes under way hold in memory, and a bound on it: when the storage cannot follow, callers learn it at
/// once instead of waiting in a line that grows. Any thread.
class Backlog {
 public:
  struct Load {
    std::size_t points = 0;
    std::size_t bytes = 0;
  };

  /// @param storage what callers wait for, as the message names it.
  explicit Backlog(const Load& most, std::string storage = "the disk") : most_(most), storage_(std::move(storage)) {}

  /// What one write adds; taken away when it dies.
  class Share {
   public:
    /// @throws Error storage_unavailable when the backlog would exceed its bound. A write that finds no other always
    /// gets in: its size is somebody else's concern.
    Share(Backlog& backlog, const Load& load) : backlog_(backlog), load_(load) { backlog_.add(load_); }
    ~Share() { backlog_.take_away(load_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    Backlog& backlog_;
    const Load load_;
  };

 private:
  void add(const Load& load) {
    const std::lock_guard lock(mutex_);
    if (writes_ > 0) {
      check(load.points, load_.points, most_.points, "points");
      check(load.bytes, load_.bytes, most_.bytes, "bytes");
    }
    ++writes_;
    load_.points += load.points;
    load_.bytes += load.bytes;
  }

  void take_away(const Load& load) {
    const std::lock_guard lock(mutex_);
    --writes_;
    load_.points -= load.points;
    load_.bytes -= load.bytes;
  }

  void check(std::size_t more, std::size_t there, std::size_t most, const std::string& unit) const {
    if (there <= most && more <= most - there) return;
    throw Error(ErrorCode::storage_unavailable, storage_ + " does not keep up: writes of " + std::to_string(there) +
                                                    " " + unit + " wait for it, and with " + std::to_string(more) +
                                                    " more they would exceed the limit of " + std::to_string(most) +
                                                    " (batch_write.max_waiting_" + unit +
                                                    "); nothing was stored, try again later");
  }

  const Load most_;
  const std::string storage_;
  std::mutex mutex_;
  std::size_t writes_ = 0;  // Guarded by mutex_, like what follows.
  Load load_;
};

}  // namespace luminate::backend
