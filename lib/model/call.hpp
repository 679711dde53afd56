#pragma once

#include <luminate/error.hpp>

#include <chrono>
#include <stop_token>

namespace luminate::model {

/// How long a call may go on. Long loops ask check() every few thousand steps, so that 50 ms are never exceeded.
struct Call {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::stop_token stop;

  bool expired() const noexcept { return std::chrono::steady_clock::now() >= deadline; }

  /// @throws Error query_timeout or cancelled.
  void check() const {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the call was cancelled");
    if (expired()) {
      throw Error(ErrorCode::query_timeout,
                  "the call did not finish in time; give it a longer timeout, or narrow a query's time range or filters");
    }
  }
};

}  // namespace luminate::model
