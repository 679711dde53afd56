#include "maintenance/sample_windows.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace luminate::maintenance {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

// A window begins at a multiple of its width, so that days, in which stores keep samples, are not cut needlessly.
constexpr std::array<std::int64_t, 8> kWidths = {kHour, 2 * kHour, 6 * kHour, 12 * kHour,
                                                 kDay,  4 * kDay,  16 * kDay, 64 * kDay};
constexpr std::size_t kOneDay = 4;
// Samples of a window below which the next is wider, and above which it is narrower.
constexpr std::uint64_t kFew = 100'000;
constexpr std::uint64_t kMany = 4'000'000;

/// The multiple of `width` at or before `time`.
std::int64_t floor_to(std::int64_t time, std::int64_t width) {
  const std::int64_t rest = ((time % width) + width) % width;
  return time < std::numeric_limits<std::int64_t>::min() + rest ? time : time - rest;
}

/// start + length, or `end` where that is less.
std::int64_t advance(std::int64_t start, std::uint64_t length, std::int64_t end) {
  const std::uint64_t room = static_cast<std::uint64_t>(end) - static_cast<std::uint64_t>(start);
  return length >= room ? end : static_cast<std::int64_t>(static_cast<std::uint64_t>(start) + length);
}

}  // namespace

SampleWindows::SampleWindows(const Store& store, std::string metric, TimeRange range, std::int64_t begins)
    : store_(store),
      metric_(std::move(metric)),
      end_(range.end_ms),
      at_(range.start_ms),
      hint_(floor_to(begins, kDay)),
      width_(kOneDay) {}

bool SampleWindows::any(std::int64_t start_ms, std::int64_t end_ms) const {
  // The name itself comes before all that it is a prefix of.
  const auto names = store_.metrics({.prefix = metric_, .limit = 1, .time_range = TimeRange{start_ms, end_ms}});
  return !names.empty() && names.front() == metric_;
}

bool SampleWindows::seek() {
  if (!any(at_, end_)) return false;
  // Nothing lies in [at_, low), something in [low, high).
  std::int64_t low = at_;
  std::int64_t high = end_;
  bool bounded = false;
  if (low < hint_ && hint_ < high) {
    bounded = any(low, hint_);
    (bounded ? high : low) = hint_;
  }
  for (std::uint64_t step = kDay; !bounded; step *= 2) {
    const std::int64_t next = advance(low, step, high);
    bounded = next == high || any(low, next);
    (bounded ? high : low) = next;
  }
  while (static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) > static_cast<std::uint64_t>(kDay)) {
    const std::uint64_t half = (static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)) / 2;
    const std::int64_t middle = advance(low, half, high);
    (any(low, middle) ? high : low) = middle;
  }
  at_ = std::max(at_, floor_to(low, kDay));
  return true;
}

std::optional<TimeRange> SampleWindows::next() {
  if (at_ >= end_ || (!in_samples_ && !seek())) return std::nullopt;
  const std::int64_t width = kWidths[width_];
  const std::int64_t begin = floor_to(at_, width);
  const std::uint64_t inside = static_cast<std::uint64_t>(at_) - static_cast<std::uint64_t>(begin);
  const TimeRange window{at_, advance(at_, static_cast<std::uint64_t>(width) - inside, end_)};
  at_ = window.end_ms;
  return window;
}

void SampleWindows::found(std::uint64_t samples) {
  in_samples_ = samples > 0;
  if (samples < kFew && samples > 0 && width_ + 1 < kWidths.size()) ++width_;
  if (samples > kMany && width_ > 0) --width_;
}

}  // namespace luminate::maintenance
