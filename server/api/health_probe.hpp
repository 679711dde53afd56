#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace luminate::server::api {

/// Asks a store how it is, on a thread of its own and once at a time, however many want to know and however long the
/// storage takes: a database that hangs costs one connection, and nobody waits for it longer than `patience`.
/// Any thread may ask at any time.
class HealthProbe {
 public:
  using Check = std::function<Health()>;

  HealthProbe(Check check, std::chrono::milliseconds patience);
  /// Waits for the check that is under way.
  ~HealthProbe();
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

  /// What the check finds that is under way, or else is begun now. Unhealthy once it takes longer than `patience`.
  Health ask();

 private:
  using Clock = std::chrono::steady_clock;

  void work();

  const Check check_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::uint64_t begun_ = 0;  ///< Checks that were asked for.
  std::uint64_t done_ = 0;
  Clock::time_point since_{};  ///< The last one was.
  Health found_;
  bool ending_ = false;
  std::thread thread_;  ///< Last, as it uses the others.
};

}  // namespace luminate::server::api
