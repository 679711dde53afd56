#include "server/http/work_gate.hpp"

namespace luminate::server::http {

WorkGate::Slot::~Slot() {
  if (gate_ != nullptr) gate_->leave();
}

std::optional<WorkGate::Slot> WorkGate::enter(const std::stop_token& gone) {
  std::unique_lock lock(mutex_);
  if (free_ > 0) {
    if (--free_ == 0) moved_ = Clock::now();
    return Slot(*this);
  }
  if (waiters_.size() >= max_waiting_) return std::nullopt;
  const auto waiter = waiters_.emplace(waiters_.end());
  waiter->ready.wait_for(lock, gone, max_wait_, [&] { return waiter->granted; });
  // Granted counts even if the wait ended for another reason in the same moment: the slot must not be lost.
  if (waiter->granted) {
    granted_.erase(waiter);
    return Slot(*this);
  }
  waiters_.erase(waiter);
  return std::nullopt;
}

void WorkGate::leave() {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  moved_ = Clock::now();
  // The slot passes straight to who waited longest; a newcomer cannot snatch it in between.
  const auto first = waiters_.begin();
  granted_.splice(granted_.end(), waiters_, first);
  first->granted = true;
  first->ready.notify_one();
}

std::chrono::milliseconds WorkGate::stuck() const {
  const std::lock_guard lock(mutex_);
  if (free_ > 0) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - moved_);
}

}  // namespace luminate::server::http
