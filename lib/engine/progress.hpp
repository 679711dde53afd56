#pragma once

#include <cstddef>

#include "model/call.hpp"

namespace luminate::engine {

/// Counts work in samples, more or less, and asks Call::check() every few thousand.
class Progress {
 public:
  void step(std::size_t samples, const model::Call& call) {
    done_ += samples;
    if (done_ < kStride) return;
    done_ = 0;
    call.check();
  }

 private:
  static constexpr std::size_t kStride = 8192;
  std::size_t done_ = 0;
};

}  // namespace luminate::engine
