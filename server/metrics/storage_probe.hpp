#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace luminate::server::metrics {

/// What a store has, as it was counted some time ago.
struct StorageFigures {
  struct Disk {
    std::uint64_t size_bytes = 0;
    std::uint64_t available_bytes = 0;
  };

  StoreStatistics statistics{};
  std::vector<TenantSeries> tenants{};  ///< The heaviest first.
  std::optional<Disk> disk{};           ///< Where the store's file is, if it has one.
};

/// Asks a store how it is and what it has, on a thread of its own and once at a time: a storage that hangs keeps nobody
/// waiting for longer than `patience`. Counting may be work for a database, so that it is left alone for twenty times
/// as long as that took. Any thread may ask.
class StorageProbe {
 public:
  struct Checks {
    std::function<bool()> is_up;              ///< May throw: it is not.
    std::function<StorageFigures()> count{};  ///< May throw: nobody knows.
  };
  /// What has not been counted anew for so long is not told any more.
  static constexpr std::chrono::minutes kMaxAge{5};

  StorageProbe(Checks checks, std::chrono::milliseconds patience);
  /// Waits for the check that is under way.
  ~StorageProbe();
  StorageProbe(const StorageProbe&) = delete;
  StorageProbe& operator=(const StorageProbe&) = delete;

  struct Answer {
    bool is_up = false;
    std::optional<StorageFigures>
        figures{};  ///< Nothing while it is down, or takes too long to count for the first time.
  };
  Answer ask();

 private:
  using Clock = std::chrono::steady_clock;

  void work();
  bool check() const;
  std::optional<StorageFigures> count() const;

  const Checks checks_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::uint64_t begun_ = 0;    ///< Checks that were asked for.
  std::uint64_t checked_ = 0;  ///< Of these, those that know whether it is up.
  std::uint64_t done_ = 0;     ///< Of these, those that counted, too.
  Clock::time_point since_{};  ///< The last one was begun.
  bool is_up_ = false;
  std::optional<StorageFigures> figures_;
  Clock::time_point counted_{};     ///< When figures_ were.
  Clock::time_point next_count_{};  ///< Not before.
  bool ending_ = false;
  std::thread thread_;  ///< Last, as it uses the others.
};

}  // namespace luminate::server::metrics
