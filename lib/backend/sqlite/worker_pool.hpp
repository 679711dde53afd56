#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/workers.hpp"

namespace luminate::sqlite {

/// The threads that the queries of a store share. A query brings its own thread and works on even if all of these are
/// busy elsewhere, so queries never wait for one another. Threads are started by the first query that can use them.
class WorkerPool final : public engine::Workers {
 public:
  /// @param threads how many one query may run on, its own among them; 0: one a core.
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// May be called from any thread at any time, though not from within a task.
  void run(std::size_t tasks, const std::function<void(std::size_t)>& task) override;

 private:
  /// One call of run(). Lives on its caller's stack, who waits until nobody helps any more.
  struct Job {
    const std::function<void(std::size_t)>* task;
    std::size_t tasks;
    std::atomic<std::size_t> next = 0;
    std::size_t helpers = 0;  // Guarded by mutex_, like the error.
    std::exception_ptr error{};
  };

  void start_threads();
  void help();
  void work(Job& job);

  const std::size_t helper_count_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> jobs_;  // With tasks left, perhaps; guarded by mutex_, like what follows.
  std::vector<std::thread> helpers_;
  bool stopping_ = false;
};

}  // namespace luminate::sqlite
