#include "server/http/worker_threads.hpp"

#include <malloc.h>

#include <algorithm>

namespace luminate::server::http {

void WorkerThreads::run(std::function<void()> job) {
  Threads ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
    if (jobs_.size() >= idle_) {
      const auto place = threads_.emplace(threads_.end());
      try {
        *place = std::thread([this, place] { work(place); });
      } catch (...) {
        threads_.erase(place);
        throw;
      }
      most_ = std::max(most_, threads_.size());
    }
    jobs_.push_back(std::move(job));
    changed_.notify_one();
  }
  for (std::thread& thread : ended) thread.join();
}

void WorkerThreads::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait_for(lock, patience_, [&] { return !jobs_.empty() || ending_; });
    --idle_;
    if (jobs_.empty()) {
      if (ending_) return;
      ended_.splice(ended_.end(), threads_, self);
      const bool trim = threads_.size() * 2 <= most_;
      if (trim) most_ = threads_.size();
      lock.unlock();
      // A flood is over. What its requests and answers took is free, and still the process's: malloc keeps most of it.
      if (trim) ::malloc_trim(0);
      return;
    }
    {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
}

std::size_t WorkerThreads::count() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void WorkerThreads::join() {
  Threads threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    threads.swap(threads_);
    threads.splice(threads.end(), ended_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace luminate::server::http
