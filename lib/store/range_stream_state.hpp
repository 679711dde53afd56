#pragma once

#include <luminate/range_stream.hpp>

#include <exception>
#include <optional>

#include "store/shared.hpp"

namespace luminate {

struct RangeStream::State {
  /// @pre the caller has entered the store.
  State(std::shared_ptr<Store::Shared> shared, query::Plan plan, std::chrono::steady_clock::time_point began,
        const CallLimits& limits, std::stop_token stop);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  std::optional<RangeResult> next();
  void end();  ///< Gives the storage back. @pre it is open, and the caller has entered the store.

  std::shared_ptr<Store::Shared> store;
  store::AnyStop any;
  bool open = true;  ///< `range` is the store's, unless that was closed.
  std::list<store::OpenRange>::iterator range;
  std::exception_ptr failure;

  bool truncated = false;
  std::uint64_t points_scanned = 0;
  std::chrono::steady_clock::duration worked{};
};

}  // namespace luminate
