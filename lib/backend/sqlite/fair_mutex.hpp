#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace luminate::sqlite {

/// A shared mutex at which nobody starves. std::shared_mutex lets readers in as long as one of them is inside, and with
/// enough readers one always is: a writer would wait for seconds. Here a reader that comes while a writer waits lets it
/// go first, and when a writer leaves, the readers that waited go before the next writer.
///
/// A thread that holds it must not ask for it again, not even to share it.
class FairSharedMutex {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    ++waiting_writers_;
    writers_turn_.wait(lock, [this] { return !writing_ && readers_ == 0 && admitted_ == 0; });
    --waiting_writers_;
    writing_ = true;
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    admitted_ = waiting_readers_;
    if (admitted_ > 0) {
      readers_turn_.notify_all();
    } else {
      writers_turn_.notify_one();
    }
  }

  void lock_shared() {
    std::unique_lock lock(mutex_);
    ++waiting_readers_;
    readers_turn_.wait(lock, [this] { return !writing_ && (waiting_writers_ == 0 || admitted_ > 0); });
    --waiting_readers_;
    if (admitted_ > 0) --admitted_;
    ++readers_;
  }
  void unlock_shared() {
    const std::lock_guard lock(mutex_);
    if (--readers_ == 0 && admitted_ == 0) writers_turn_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable readers_turn_;
  std::condition_variable writers_turn_;
  std::size_t readers_ = 0;  // Guarded by mutex_, like what follows.
  bool writing_ = false;
  std::size_t waiting_readers_ = 0;
  std::size_t waiting_writers_ = 0;
  std::size_t admitted_ = 0;  ///< Waiting readers that go before the next writer.
};

}  // namespace luminate::sqlite
