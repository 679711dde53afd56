#include "server/http/body_budget.hpp"

namespace luminate::server::http {
namespace {

/// Small bodies cost one step; large ones do not meet at the counter for every packet.
constexpr std::size_t kStep = 64 * 1024;

}  // namespace

BodyBudget::Share::~Share() {
  budget_.left_.fetch_add(held_, std::memory_order_relaxed);
}

bool BodyBudget::Share::cover(std::size_t bytes) {
  if (bytes <= held_) return true;
  const std::size_t missing = (bytes - held_ + kStep - 1) / kStep * kStep;
  if (!budget_.take(missing)) return false;
  held_ += missing;
  return true;
}

bool BodyBudget::take(std::size_t bytes) {
  std::size_t left = left_.load(std::memory_order_relaxed);
  while (left >= bytes) {
    if (left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed)) return true;
  }
  return false;
}

}  // namespace luminate::server::http
