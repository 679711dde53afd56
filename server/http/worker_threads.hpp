#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace luminate::server::http {

/// Threads made when a job finds none idle, kept for the next one. Bounded by whoever admits jobs: every job runs at
/// once, none waits for another.
class WorkerThreads {
 public:
  WorkerThreads() = default;
  ~WorkerThreads() { join(); }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  /// Runs `job`, which must not throw, on a thread of its own. @throws std::system_error when no thread can be made.
  void run(std::function<void()> job);

  /// Waits for all jobs, then ends the threads; run() must not be called any more.
  void join();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // Guarded by mutex_.
  std::size_t idle_ = 0;                    // Guarded by mutex_.
  bool ending_ = false;                     // Guarded by mutex_.
  std::vector<std::thread> threads_;        // Guarded by mutex_.
};

}  // namespace luminate::server::http
