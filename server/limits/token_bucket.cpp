#include "server/limits/token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace luminate::server::limits {
namespace {

// Beyond this single tokens would get lost, and at any rate that makes sense it is paid in no time that does.
constexpr double kLargestDebt = 1e15;

}  // namespace

void TokenBucket::refill(Time now, std::uint64_t per_second) {
  size_ = std::max(1.0, static_cast<double>(per_second));
  if (now > updated_) tokens_ += std::chrono::duration<double>(now - updated_).count() * size_;
  tokens_ = std::min(tokens_, size_);
  updated_ = now;
}

void TokenBucket::take(double count) noexcept {
  tokens_ = std::clamp(tokens_ - count, -kLargestDebt, size_);
}

std::uint64_t TokenBucket::remaining() const noexcept {
  return tokens_ <= 0 ? 0 : static_cast<std::uint64_t>(tokens_ + kRounding);
}

std::chrono::seconds TokenBucket::time_until(double tokens) const noexcept {
  const double missing = std::max(0.0, tokens - tokens_ - kRounding);
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(missing / size_)));
}

}  // namespace luminate::server::limits
