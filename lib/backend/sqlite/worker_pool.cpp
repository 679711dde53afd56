#include "sqlite/worker_pool.hpp"

#include <algorithm>
#include <system_error>

namespace luminate::sqlite {

WorkerPool::WorkerPool(std::size_t threads)
    : helper_count_((threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency())) - 1) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void WorkerPool::run(std::size_t tasks, const std::function<void(std::size_t)>& task) {
  if (tasks <= 1 || helper_count_ == 0) return engine::NoWorkers().run(tasks, task);
  Job job{.task = &task, .tasks = tasks};
  {
    const std::lock_guard lock(mutex_);
    start_threads();
    jobs_.push_back(&job);
  }
  changed_.notify_all();
  work(job);
  std::unique_lock lock(mutex_);
  std::erase(jobs_, &job);
  changed_.wait(lock, [&] { return job.helpers == 0; });
  if (job.error) std::rethrow_exception(job.error);
}

/// With fewer threads than wished for, the work is done all the same.
void WorkerPool::start_threads() {
  try {
    while (helpers_.size() < helper_count_) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {
  }
}

void WorkerPool::help() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    // To the back: the next thread that looks for work helps another query.
    Job* const job = jobs_.front();
    jobs_.pop_front();
    jobs_.push_back(job);
    ++job->helpers;
    lock.unlock();
    work(*job);
    lock.lock();
    std::erase(jobs_, job);
    if (--job->helpers == 0) changed_.notify_all();
  }
}

void WorkerPool::work(Job& job) {
  for (;;) {
    const std::size_t i = job.next.fetch_add(1, std::memory_order_relaxed);
    if (i >= job.tasks) return;
    try {
      (*job.task)(i);
    } catch (...) {
      job.next = job.tasks;
      const std::lock_guard lock(mutex_);
      if (!job.error) job.error = std::current_exception();
    }
  }
}

}  // namespace luminate::sqlite
