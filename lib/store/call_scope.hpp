#pragma once

#include <luminate/store.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>

#include "model/call.hpp"

namespace luminate::store {

/// Asked to stop when any of its tokens is.
class AnyStop {
 public:
  AnyStop(std::stop_token one, std::stop_token other, std::stop_token third = {})
      : by_one_(std::move(one), Relay{source_}),
        by_other_(std::move(other), Relay{source_}),
        by_third_(std::move(third), Relay{source_}) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Relay {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  std::stop_source source_;
  std::stop_callback<Relay> by_one_;
  std::stop_callback<Relay> by_other_;
  std::stop_callback<Relay> by_third_;
};

/// The deadline of what may take `timeout` from `start` on.
inline std::chrono::steady_clock::time_point deadline(std::chrono::steady_clock::time_point start,
                                                      std::optional<std::chrono::milliseconds> timeout) {
  constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  if (!timeout || *timeout >= std::chrono::floor<std::chrono::milliseconds>(kNever - start)) return kNever;
  return start + std::max(*timeout, std::chrono::milliseconds(0));
}

/// What one call goes by: the limits of its handle and its own, whichever ends it first.
class CallScope {
 public:
  /// @throws Error query_timeout or cancelled, where it is too late already.
  explicit CallScope(const CallLimits& limits, std::optional<std::chrono::milliseconds> timeout = {},
                     std::stop_token stop = {}) {
    const auto now = std::chrono::steady_clock::now();
    call_.deadline = std::min(deadline(now, limits.timeout), deadline(now, timeout));
    if (limits.stop.stop_possible() && stop.stop_possible()) {
      call_.stop = either_.emplace(limits.stop, std::move(stop)).token();
    } else {
      call_.stop = limits.stop.stop_possible() ? limits.stop : std::move(stop);
    }
    call_.check();
  }

  const model::Call& call() const noexcept { return call_; }

 private:
  std::optional<AnyStop> either_;
  model::Call call_;
};

}  // namespace luminate::store
