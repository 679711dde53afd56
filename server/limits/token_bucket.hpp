#pragma once

#include <chrono>
#include <cstdint>

namespace luminate::server::limits {

/// Tokens that are taken by what happens and come back at a steady rate, up to one second's worth (and at least one).
/// More may be taken than there are: that is a debt, and nothing is let in until it is paid, so that the average rate
/// holds although what is let in may be larger than the bucket. Knows no clock: who calls says what time it is.
/// Not for use by several threads at once.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Begins full, whatever the rate.
  TokenBucket() = default;

  /// Brings the tokens up to date. A clock that stands still or goes back gives none; a rate that is another than last
  /// time leaves what there is, but for what is beyond its bucket. @param per_second at least 1.
  void refill(Time now, std::uint64_t per_second);

  // What follows speaks of the moment and the rate of the last refill().

  /// Whether there is a token: something may happen, though it may cost more than one.
  bool has_one() const noexcept { return tokens_ >= 1 - kRounding; }
  bool is_full() const noexcept { return tokens_ >= size_ - kRounding; }
  /// Takes tokens, or gives some back where `count` is negative.
  void take(double count) noexcept;

  /// Whole tokens that are left; 0 in debt.
  std::uint64_t remaining() const noexcept;
  /// Until there are `tokens`, rounded up.
  std::chrono::seconds time_until(double tokens) const noexcept;
  /// Until it is full again, rounded up.
  std::chrono::seconds time_until_full() const noexcept { return time_until(size_); }

 private:
  // A double counts whole tokens exactly up to 2^53, and fractions of the rates that anybody has.
  double tokens_ = kUnknown;  ///< Negative: a debt.
  double size_ = 1;           ///< The most there can be, which are a second's.
  Time updated_{};

  static constexpr double kUnknown = 1e300;  ///< Before the first refill(), which cuts it down to the bucket.
  static constexpr double kRounding = 1e-6;  ///< What comes in by fractions may add up to a little less.
};

}  // namespace luminate::server::limits
