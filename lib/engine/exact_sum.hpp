#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace luminate::engine {

/// A sum carried in two doubles, about 106 bits. Its error stays far below what one double shows, so neither the order
/// of the terms nor the way they were spread over threads is visible in value().
///
/// A sum that leaves the range of float64 is infinite from then on, and never NaN.
class ExactSum {
 public:
  void add(double term) noexcept {
    // TwoSum (Knuth): high + term is exactly sum + error.
    const double sum = high_ + term;
    const double part = sum - high_;
    low_ += (high_ - (sum - part)) + (term - part);
    high_ = sum;
  }

  /// Adds what is too small to matter for high_, such as the rounding error of a product.
  void add_small(double term) noexcept { low_ += term; }

  void merge(const ExactSum& other) noexcept {
    if (!std::isfinite(high_)) return;
    if (!std::isfinite(other.high_)) {
      *this = other;
      return;
    }
    add(other.high_);
    low_ += other.low_;
  }

  bool finite() const noexcept { return std::isfinite(high_); }

  double value() const noexcept {
    if (std::isnan(high_)) return std::numeric_limits<double>::infinity();
    // After an overflow low_ is NaN and says nothing.
    return finite() ? high_ + low_ : high_;
  }

  double high() const noexcept { return high_; }
  double low() const noexcept { return low_; }

 private:
  double high_ = 0;
  double low_ = 0;
};

/// The sum of term(i) for i in [begin, end). Four sums run side by side, which the compiler turns into vector code.
template <typename Term>
ExactSum sum_terms(std::size_t begin, std::size_t end, const Term& term) noexcept {
  constexpr std::size_t kLanes = 4;
  ExactSum total;
  std::size_t i = begin;
  if (end - begin >= 2 * kLanes) {
    std::array<double, kLanes> high{};
    std::array<double, kLanes> low{};
    for (; i + kLanes <= end; i += kLanes) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double next = term(i + lane);
        const double sum = high[lane] + next;
        const double part = sum - high[lane];
        low[lane] += (high[lane] - (sum - part)) + (next - part);
        high[lane] = sum;
      }
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) total.add(high[lane]);
    for (std::size_t lane = 0; lane < kLanes; ++lane) total.add_small(low[lane]);
  }
  for (; i < end; ++i) total.add(term(i));
  if (total.finite()) return total;

  // One lane may have overflowed where the terms in their order do not: 1e308, -1e308, 1e308, ...
  ExactSum in_order;
  for (i = begin; i < end; ++i) in_order.add(term(i));
  return in_order;
}

}  // namespace luminate::engine
