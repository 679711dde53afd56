#include "sqlite/sample_gatherer.hpp"

#include <algorithm>
#include <numeric>

#include "sqlite/time_order.hpp"

namespace luminate::sqlite {
namespace {

constexpr std::size_t kSeriesBetweenChecks = 1024;

}  // namespace

void SampleGatherer::add(const codec::SegmentReader& segment) {
  rows_.visit(segment, {.series = series_, .time_range = time_range_},
              [&](std::size_t index, std::span<const std::int64_t> timestamps, std::span<const double> values) {
                add_run(static_cast<std::uint32_t>(index), timestamps, values);
              });
}

void SampleGatherer::add_run(std::uint32_t series, std::span<const std::int64_t> timestamps,
                             std::span<const double> values) {
  fragments_.push_back({series, static_cast<std::uint32_t>(values.size()), timestamps_.size()});
  timestamps_.insert(timestamps_.end(), timestamps.begin(), timestamps.end());
  values_.insert(values_.end(), values.begin(), values.end());
}

/// By series, keeping the order of segments within one: a counting sort, as series are dense.
void SampleGatherer::sort_fragments() {
  std::vector<std::size_t> starts(series_.size() + 1, 0);
  for (const Fragment& fragment : fragments_) ++starts[fragment.series + 1];
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<Fragment> sorted(fragments_.size());
  for (const Fragment& fragment : fragments_) sorted[starts[fragment.series]++] = fragment;
  fragments_.swap(sorted);
}

void SampleGatherer::for_each_series(const model::Call& call, const Visitor& visit) {
  for_each_piece(call, true, visit);
}

void SampleGatherer::for_each_piece(const model::Call& call, const Visitor& visit) {
  for_each_piece(call, false, visit);
}

void SampleGatherer::for_each_piece(const model::Call& call, bool whole_series, const Visitor& visit) {
  sort_fragments();
  call.check();
  std::size_t visited = 0;
  for (auto first = fragments_.begin(); first != fragments_.end();) {
    const auto last =
        std::find_if(first, fragments_.end(), [&](const Fragment& f) { return f.series != first->series; });
    const auto fragments = std::span(first, last);
    // Most often segments overlap, but not the samples of a series in them.
    const bool apart = order_by_time(fragments);
    if (apart && (!whole_series || fragments.size() == 1)) {
      for (const Fragment& fragment : fragments) visit(fragment.series, timestamps_of(fragment), values_of(fragment));
    } else {
      merged_timestamps_.clear();
      merged_values_.clear();
      for (const Fragment& fragment : fragments) {
        const auto times = timestamps_of(fragment);
        const auto values = values_of(fragment);
        merged_timestamps_.insert(merged_timestamps_.end(), times.begin(), times.end());
        merged_values_.insert(merged_values_.end(), values.begin(), values.end());
      }
      if (!apart) order_and_deduplicate(merged_timestamps_, merged_values_);
      visit(first->series, merged_timestamps_, merged_values_);
    }
    first = last;
    if (++visited % kSeriesBetweenChecks == 0) call.check();
  }
}

/// Puts fragments of one series, oldest write first, in the order of time if they do not overlap. Otherwise they stay
/// in the order of age. @returns whether they were apart.
bool SampleGatherer::order_by_time(std::span<Fragment> fragments) {
  const auto ends_before = [&](const Fragment& a, const Fragment& b) {
    return timestamps_of(a).back() < timestamps_of(b).front();
  };
  const auto overlap = [&](const Fragment& a, const Fragment& b) { return !ends_before(a, b); };
  if (std::adjacent_find(fragments.begin(), fragments.end(), overlap) == fragments.end()) return true;
  by_time_.assign(fragments.begin(), fragments.end());
  std::sort(by_time_.begin(), by_time_.end(),
            [&](const Fragment& a, const Fragment& b) { return timestamps_of(a).front() < timestamps_of(b).front(); });
  if (std::adjacent_find(by_time_.begin(), by_time_.end(), overlap) != by_time_.end()) return false;
  std::copy(by_time_.begin(), by_time_.end(), fragments.begin());
  return true;
}

}  // namespace luminate::sqlite
