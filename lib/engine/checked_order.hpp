#pragma once

#include <cstdint>
#include <utility>

#include "model/call.hpp"

namespace luminate::engine {

/// A comparison that looks at the clock now and then, so that sorting something large can be given up. What is being
/// sorted is left in some order when it throws.
template <typename Less>
class CheckedOrder {
 public:
  /// @param steps counts comparisons, for all the copies that algorithms make of this.
  CheckedOrder(Less less, const model::Call& call, std::uint32_t& steps)
      : less_(std::move(less)), call_(&call), steps_(&steps) {}

  template <typename T>
  bool operator()(const T& left, const T& right) const {
    if (++*steps_ % kStride == 0) call_->check();
    return less_(left, right);
  }

 private:
  static constexpr std::uint32_t kStride = 4096;
  Less less_;
  const model::Call* call_;
  std::uint32_t* steps_;
};

}  // namespace luminate::engine
