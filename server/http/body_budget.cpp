#include "server/http/body_budget.hpp"

namespace luminate::server::http {
namespace {

/// Small bodies cost one step; large ones do not meet at the counter for every packet.
constexpr std::size_t kStep = 64 * 1024;

}  // namespace

BodyBudget::Share::~Share() {
  if (held_ > 0) budget_.give_back(held_, tenant_);
}

bool BodyBudget::Share::cover(std::size_t bytes) {
  if (bytes <= held_) return true;
  const std::size_t missing = (bytes - held_ + kStep - 1) / kStep * kStep;
  if (!budget_.take(missing, tenant_)) return false;
  held_ += missing;
  return true;
}

bool BodyBudget::take(std::size_t bytes, const std::string& tenant) {
  if (tenant.empty()) return take_for_all(bytes);
  const std::lock_guard lock(mutex_);
  const auto held = held_.try_emplace(tenant, 0).first;
  if (held->second + bytes <= max_per_tenant_ && take_for_all(bytes)) {
    held->second += bytes;
    return true;
  }
  if (held->second == 0) held_.erase(held);
  return false;
}

void BodyBudget::give_back(std::size_t bytes, const std::string& tenant) {
  left_.fetch_add(bytes, std::memory_order_relaxed);
  if (tenant.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(tenant);
  if ((held->second -= bytes) == 0) held_.erase(held);
}

bool BodyBudget::take_for_all(std::size_t bytes) {
  std::size_t left = left_.load(std::memory_order_relaxed);
  while (left >= bytes) {
    if (left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed)) return true;
  }
  return false;
}

}  // namespace luminate::server::http
