#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace luminate::sqlite {

/// A shared mutex that lets threads in in the order in which they came. std::shared_mutex lets readers in as long as one
/// of them is inside, and with enough readers one always is: a writer would wait for seconds.
///
/// A thread that holds it must not ask for it again, not even to share it.
class FairSharedMutex {
 public:
  void lock() {
    std::unique_lock lock(mutex_);
    wait_for_turn(lock, [this] { return !writing_ && readers_ == 0; });
    writing_ = true;
  }
  void unlock() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    changed_.notify_all();
  }

  void lock_shared() {
    std::unique_lock lock(mutex_);
    wait_for_turn(lock, [this] { return !writing_; });
    ++readers_;
  }
  void unlock_shared() {
    const std::lock_guard lock(mutex_);
    if (--readers_ == 0) changed_.notify_all();
  }

 private:
  template <class Free>
  void wait_for_turn(std::unique_lock<std::mutex>& lock, const Free& free) {
    const std::uint64_t ticket = next_ticket_++;
    changed_.wait(lock, [&] { return turn_ == ticket && free(); });
    if (++turn_ != next_ticket_) changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ticket_ = 0;  // Guarded by mutex_, like what follows.
  std::uint64_t turn_ = 0;         ///< The ticket of who is let in next.
  std::size_t readers_ = 0;
  bool writing_ = false;
};

}  // namespace luminate::sqlite
