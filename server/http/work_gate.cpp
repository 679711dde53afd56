#include "server/http/work_gate.hpp"

#include <algorithm>

namespace luminate::server::http {

WorkGate::WorkGate(std::size_t slots, std::size_t max_waiting, std::chrono::milliseconds max_wait)
    : max_per_tenant_(std::max<std::size_t>(1, slots - slots / 4)),
      max_waiting_(max_waiting),
      max_wait_(max_wait),
      slots_(slots),
      free_(slots) {}

WorkGate::~WorkGate() = default;

WorkGate::Slot::~Slot() {
  if (gate_ != nullptr) gate_->leave(*tenant_);
}

bool WorkGate::may_have_another(const Tenants::value_type& tenant) const {
  return tenant.first.empty() || tenant.second.working < max_per_tenant_;
}

std::optional<WorkGate::Slot> WorkGate::enter(const std::stop_token& gone, std::string_view name) {
  std::unique_lock lock(mutex_);
  Tenants::value_type& tenant = *tenants_.try_emplace(std::string(name)).first;
  // While there are free slots, those who wait may not have one.
  if (free_ > 0 && may_have_another(tenant)) {
    take(tenant.second);
    if (free_ == 0) moved_ = Clock::now();
    return Slot(*this, tenant);
  }
  if (!make_room_to_wait(tenant)) {
    forget_if_idle(tenant);
    return std::nullopt;
  }
  Waiter self;
  const auto place = tenant.second.waiters.insert(tenant.second.waiters.end(), &self);
  ++waiting_;
  self.changed.wait_for(lock, gone, max_wait_, [&] { return self.state != Waiter::State::waiting; });
  // Granted counts even if the wait ended for another reason in the same moment: the slot must not be lost.
  if (self.state == Waiter::State::granted) return Slot(*this, tenant);
  if (self.state == Waiter::State::waiting) {
    tenant.second.waiters.erase(place);
    --waiting_;
    forget_if_idle(tenant);
  }
  return std::nullopt;
}

bool WorkGate::make_room_to_wait(const Tenants::value_type& newcomer) {
  if (waiting_ < max_waiting_) return true;
  if (max_waiting_ == 0) return false;
  const auto most = std::max_element(tenants_.begin(), tenants_.end(), [](const auto& a, const auto& b) {
    return a.second.waiters.size() < b.second.waiters.size();
  });
  // With one more the newcomer's tenant must not have more than it takes from.
  if (most->second.waiters.size() <= newcomer.second.waiters.size() + 1) return false;
  Waiter& last = *most->second.waiters.back();
  most->second.waiters.pop_back();
  --waiting_;
  last.state = Waiter::State::refused;
  last.changed.notify_one();
  return true;
}

void WorkGate::leave(Tenants::value_type& tenant) {
  const std::lock_guard lock(mutex_);
  --tenant.second.working;
  ++free_;
  if (waiting_ > 0) {
    grant();
    if (free_ == 0) moved_ = Clock::now();
  }
  forget_if_idle(tenant);
}

/// The slot passes straight to who waits; a newcomer cannot snatch it in between.
void WorkGate::grant() {
  Tenants::value_type* next = nullptr;
  for (Tenants::value_type& tenant : tenants_) {
    if (tenant.second.waiters.empty() || !may_have_another(tenant)) continue;
    const auto precedes = [](const Tenant& a, const Tenant& b) {
      if (a.working != b.working) return a.working < b.working;
      return a.last_turn < b.last_turn;
    };
    if (next == nullptr || precedes(tenant.second, next->second)) next = &tenant;
  }
  if (next == nullptr) return;
  Waiter& waiter = *next->second.waiters.front();
  next->second.waiters.pop_front();
  --waiting_;
  take(next->second);
  waiter.state = Waiter::State::granted;
  waiter.changed.notify_one();
}

void WorkGate::take(Tenant& tenant) {
  ++tenant.working;
  tenant.last_turn = ++turns_;
  --free_;
}

void WorkGate::forget_if_idle(const Tenants::value_type& tenant) {
  if (tenant.second.working == 0 && tenant.second.waiters.empty()) tenants_.erase(tenants_.find(tenant.first));
}

std::size_t WorkGate::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

std::chrono::milliseconds WorkGate::stuck() const {
  const std::lock_guard lock(mutex_);
  if (free_ > 0) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - moved_);
}

WorkGate::Use WorkGate::use() const {
  const std::lock_guard lock(mutex_);
  return {slots_, slots_ - free_, waiting_};
}

}  // namespace luminate::server::http
