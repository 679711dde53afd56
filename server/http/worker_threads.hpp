#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace luminate::server::http {

/// Threads made when a job finds none idle, kept for a while for the next one: a flood leaves neither threads nor
/// memory behind. Bounded by whoever admits jobs: every job runs at once, none waits for another.
class WorkerThreads {
 public:
  /// @param patience for how long a thread waits for another job.
  explicit WorkerThreads(std::chrono::milliseconds patience = std::chrono::seconds(3)) : patience_(patience) {}
  ~WorkerThreads() { join(); }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  /// Runs `job`, which must not throw, on a thread of its own. @throws std::system_error when no thread can be made.
  void run(std::function<void()> job);

  /// How many there are.
  std::size_t count() const;

  /// Waits for all jobs, then ends the threads; run() must not be called any more.
  void join();

 private:
  using Threads = std::list<std::thread>;

  void work(Threads::iterator self);

  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // Guarded by mutex_.
  std::size_t idle_ = 0;                    // Guarded by mutex_.
  bool ending_ = false;                     // Guarded by mutex_.
  Threads threads_;                         // Guarded by mutex_.
  std::size_t most_ = 0;                    // Guarded by mutex_: threads, since memory was last given back.
  Threads ended_;                           // Guarded by mutex_: to be joined, which takes no time.
};

}  // namespace luminate::server::http
