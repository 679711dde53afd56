#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace luminate::server::http {

/// Lets a few requests be worked on at once and some wait, first come first served; the rest learn at once that they
/// came in vain. Apart from the connections' threads, so that a full house can still answer what is urgent. Any thread.
class WorkGate {
 public:
  WorkGate(std::size_t slots, std::size_t max_waiting, std::chrono::milliseconds max_wait)
      : free_(slots), max_waiting_(max_waiting), max_wait_(max_wait) {}

  /// The right to work; given back when it dies. Must not outlive the gate.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class WorkGate;
    explicit Slot(WorkGate& gate) : gate_(&gate) {}

    WorkGate* gate_;
  };

  /// Waits for a slot. @returns nothing when too many wait already, it took too long, or `gone` was asked to stop.
  std::optional<Slot> enter(const std::stop_token& gone);

  /// For how long all slots have been taken without one being given back; nothing while one is free.
  std::chrono::milliseconds stuck() const;

 private:
  struct Waiter {
    std::condition_variable_any ready;
    bool granted = false;
  };

  void leave();

  using Clock = std::chrono::steady_clock;

  mutable std::mutex mutex_;
  std::size_t free_;           // Guarded by mutex_.
  std::list<Waiter> waiters_;  // Guarded by mutex_.
  std::list<Waiter> granted_;  // Guarded by mutex_: have a slot, and have not woken up yet.
  Clock::time_point moved_{};  // Guarded by mutex_: when the last slot was taken, or one changed hands since.
  const std::size_t max_waiting_;
  const std::chrono::milliseconds max_wait_;
};

}  // namespace luminate::server::http
