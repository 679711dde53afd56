#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace luminate::sqlite {

/// What std::timed_mutex is, made of parts that ThreadSanitizer knows: GCC 12's takes its timed waits for no lock.
class PatientMutex {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return !taken_; });
    taken_ = true;
  }
  bool try_lock_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, patience, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    taken_ = false;
    freed_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;  // Guarded by mutex_.
};

}  // namespace luminate::sqlite
