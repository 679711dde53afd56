#include <luminate/range_stream.hpp>

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "store/range_stream_state.hpp"

namespace luminate {
namespace {

using std::chrono::steady_clock;

}  // namespace

RangeStream::State::State(std::shared_ptr<Store::Shared> shared, query::Plan plan, steady_clock::time_point began,
                          const CallLimits& limits, std::stop_token stop)
    : store(std::move(shared)), any(std::move(stop), limits.stop, store->closing.get_token()) {
  const auto deadline = std::min(store::deadline(began, plan.timeout), store::deadline(began, limits.timeout));
  const model::Call call{deadline, any.token()};
  range = store->add({std::move(plan), call});
  try {
    range->cursor = store->unless_closed([&] { return store->backend->range(range->plan, range->call); });
  } catch (...) {
    store->end(range);
    throw;
  }
  worked = steady_clock::now() - began;
}

RangeStream::State::~State() {
  // What close() has taken away, or will, is not touched; and what is the parent's in a forked child neither.
  if (!open || ::getpid() != store->opener) return;
  const std::shared_lock lock(store->open_mutex);
  if (!store->closed) store->end(range);
}

void RangeStream::State::end() {
  open = false;
  store->end(range);
}

std::optional<RangeResult> RangeStream::State::next() {
  if (failure) std::rethrow_exception(failure);
  if (!open) return std::nullopt;
  const auto began = steady_clock::now();
  const auto entered = store->enter();
  try {
    std::optional<RangeResult> piece = store->unless_closed([&] { return range->cursor->next(); });
    if (piece) {
      piece->truncated = false;  // What comes as a whole says so itself, and what comes in parts cannot.
    } else {
      truncated = range->cursor->truncated();
      points_scanned = range->cursor->points_scanned();
      end();
    }
    worked += steady_clock::now() - began;
    return piece;
  } catch (...) {
    failure = std::current_exception();
    end();
    throw;
  }
}

RangeStream::RangeStream(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
RangeStream::RangeStream(RangeStream&&) noexcept = default;
RangeStream& RangeStream::operator=(RangeStream&&) noexcept = default;
RangeStream::~RangeStream() = default;

std::optional<RangeResult> RangeStream::next() {
  return state_->next();
}

bool RangeStream::truncated() const noexcept {
  return state_->truncated;
}

std::uint64_t RangeStream::points_scanned() const noexcept {
  return state_->points_scanned;
}

std::chrono::microseconds RangeStream::execution_time() const noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(state_->worked);
}

}  // namespace luminate
