#include "server/http/worker_threads.hpp"

namespace luminate::server::http {

void WorkerThreads::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (jobs_.size() >= idle_) threads_.emplace_back([this] { work(); });
  jobs_.push_back(std::move(job));
  changed_.notify_one();
}

void WorkerThreads::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [&] { return !jobs_.empty() || ending_; });
    --idle_;
    if (jobs_.empty()) return;
    {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
}

void WorkerThreads::join() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace luminate::server::http
