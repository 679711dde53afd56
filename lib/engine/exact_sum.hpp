#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "engine/pair.hpp"

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

/// The sum of term(i) for i in [begin, end). Two vectors of sums run side by side. A term that has pair(i) makes two
/// neighbours at once that way.
template <typename Term>
ExactSum sum_terms(std::size_t begin, std::size_t end, const Term& term) noexcept {
  const auto pair = [&](std::size_t i) {
    if constexpr (requires { term.pair(i); }) {
      return term.pair(i);
    } else {
      return Pair{term(i), term(i + 1)};
    }
  };
  constexpr std::size_t kLanes = 4;
  ExactSum total;
  std::size_t i = begin;
  if (end - begin >= kLanes) {
    Pair high[2] = {pair(i), pair(i + 2)};
    Pair low[2] = {};
    for (i += kLanes; i + kLanes <= end; i += kLanes) {
      for (std::size_t half = 0; half < 2; ++half) {
        const Pair next = pair(i + 2 * half);
        const Pair sum = high[half] + next;
        const Pair part = sum - high[half];
        low[half] += (high[half] - (sum - part)) + (next - part);
        high[half] = sum;
      }
    }
    total.add(high[0][0]);
    total.add(high[0][1]);
    total.add(high[1][0]);
    total.add(high[1][1]);
    const Pair lows = low[0] + low[1];
    total.add_small(lows[0] + lows[1]);
  }
  for (; i < end; ++i) total.add(term(i));
  if (total.finite()) return total;

  // One lane may have overflowed where the terms in their order do not: 1e308, -1e308, 1e308, ...
  ExactSum in_order;
  for (i = begin; i < end; ++i) in_order.add(term(i));
  return in_order;
}

}  // namespace luminate::engine
