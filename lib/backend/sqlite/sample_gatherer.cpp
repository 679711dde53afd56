#include "sqlite/sample_gatherer.hpp"

#include <algorithm>
#include <numeric>

namespace luminate::sqlite {
namespace {

constexpr std::size_t kSeriesBetweenChecks = 1024;

struct TimedValue {
  std::int64_t timestamp;
  double value;
};

/// Orders samples that came oldest write first, and keeps the last write of each timestamp.
void order_and_deduplicate(std::vector<std::int64_t>& timestamps, std::vector<double>& values) {
  const auto not_ascending = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (std::adjacent_find(timestamps.begin(), timestamps.end(), not_ascending) == timestamps.end()) return;
  std::vector<TimedValue> samples(timestamps.size());
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = {timestamps[i], values[i]};
  std::stable_sort(samples.begin(), samples.end(),
                   [](const TimedValue& a, const TimedValue& b) { return a.timestamp < b.timestamp; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i > 0 && samples[i].timestamp != samples[i - 1].timestamp) ++kept;
    timestamps[kept] = samples[i].timestamp;
    values[kept] = samples[i].value;
  }
  timestamps.resize(kept + 1);
  values.resize(kept + 1);
}

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
  sort_fragments();
  call.check();
  const std::span<const std::int64_t> all_timestamps = timestamps_;
  const std::span<const double> all_values = values_;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
  std::size_t visited = 0;
  for (auto first = fragments_.begin(); first != fragments_.end();) {
    const auto last =
        std::find_if(first, fragments_.end(), [&](const Fragment& f) { return f.series != first->series; });
    if (last - first == 1) {
      visit(first->series, all_timestamps.subspan(first->offset, first->length),
            all_values.subspan(first->offset, first->length));
    } else {
      timestamps.clear();
      values.clear();
      for (auto fragment = first; fragment != last; ++fragment) {
        const auto times = all_timestamps.subspan(fragment->offset, fragment->length);
        const auto numbers = all_values.subspan(fragment->offset, fragment->length);
        timestamps.insert(timestamps.end(), times.begin(), times.end());
        values.insert(values.end(), numbers.begin(), numbers.end());
      }
      order_and_deduplicate(timestamps, values);
      visit(first->series, timestamps, values);
    }
    first = last;
    if (++visited % kSeriesBetweenChecks == 0) call.check();
  }
}

}  // namespace luminate::sqlite
