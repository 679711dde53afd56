#include "sqlite/segment_merger.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <array>
#include <limits>

#include "sqlite/compaction_plan.hpp"

namespace luminate::sqlite {
namespace {

/// Series are taken so many at a time: the fragments of a window stay in the cache, and a counting sort orders them.
/// That takes a few steps for each fragment, where a heap of many inputs would take a dozen.
constexpr std::size_t kWindow = 512;
constexpr std::uint64_t kNoMore = std::numeric_limits<std::uint64_t>::max();

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

SegmentMerger::SegmentMerger(std::vector<SegmentInfo> inputs, Load load)
    : inputs_(std::move(inputs)), load_(std::move(load)) {
  std::stable_sort(inputs_.begin(), inputs_.end(),
                   [](const SegmentInfo& a, const SegmentInfo& b) { return a.min_series < b.min_series; });
}

void SegmentMerger::run(const Sink& sink, const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the merge was cancelled");
    const std::uint64_t begin = next_series();
    if (begin == kNoMore) return;
    open_until(begin + kWindow);
    take_fragments(begin, begin + kWindow);
    sort_fragments();
    emit(begin, sink);
    std::erase_if(sources_, [](const Source& source) { return source.run == source.segment.runs.size(); });
  }
}

std::uint64_t SegmentMerger::next_series() const {
  std::uint64_t next = next_input_ < inputs_.size() ? inputs_[next_input_].min_series : kNoMore;
  for (const Source& source : sources_) {
    next = std::min<std::uint64_t>(next, source.segment.runs[source.run].series);
  }
  return next;
}

void SegmentMerger::open_until(std::uint64_t end) {
  const std::size_t before = sources_.size();
  for (; next_input_ < inputs_.size() && inputs_[next_input_].min_series < end; ++next_input_) {
    const SegmentInfo& info = inputs_[next_input_];
    sources_.push_back({info.sequence, info.id, load_(info)});
  }
  if (sources_.size() == before) return;
  std::sort(sources_.begin(), sources_.end(), [](const Source& a, const Source& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id;
  });
}

void SegmentMerger::take_fragments(std::uint64_t begin, std::uint64_t end) {
  fragments_.clear();
  for (Source& source : sources_) {
    const auto& segment = source.segment;
    for (; source.run < segment.runs.size() && segment.runs[source.run].series < end; ++source.run) {
      const auto& [series, count] = segment.runs[source.run];
      fragments_.push_back({static_cast<std::uint32_t>(series - begin), count, segment.timestamps.data() + source.row,
                            segment.values.data() + source.row});
      source.row += count;
    }
  }
}

/// By series, keeping the order of sources, which is that of age.
void SegmentMerger::sort_fragments() {
  std::array<std::uint32_t, kWindow + 1> starts{};
  for (const Fragment& fragment : fragments_) ++starts[fragment.series + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  sorted_.resize(fragments_.size());
  for (const Fragment& fragment : fragments_) sorted_[starts[fragment.series]++] = fragment;
}

void SegmentMerger::emit(std::uint64_t begin, const Sink& sink) {
  for (auto first = sorted_.cbegin(); first != sorted_.cend();) {
    const auto series = static_cast<SeriesId>(begin + first->series);
    const auto last =
        std::find_if(first, sorted_.cend(), [&](const Fragment& other) { return other.series != first->series; });
    if (last - first == 1) {
      sink(series, {first->timestamps, first->count}, {first->values, first->count});
    } else {
      timestamps_.clear();
      values_.clear();
      for (auto fragment = first; fragment != last; ++fragment) {
        timestamps_.insert(timestamps_.end(), fragment->timestamps, fragment->timestamps + fragment->count);
        values_.insert(values_.end(), fragment->values, fragment->values + fragment->count);
      }
      order_and_deduplicate(timestamps_, values_);
      sink(series, timestamps_, values_);
    }
    first = last;
  }
}

void PieceBuilder::add(SeriesId series, std::span<const std::int64_t> timestamps, std::span<const double> values) {
  while (!timestamps.empty()) {
    const std::int64_t number = day_of(timestamps.front());
    // Most often all of it is of one day.
    std::size_t count = timestamps.size();
    if (day_of(timestamps.back()) != number) {
      count = static_cast<std::size_t>(
          std::partition_point(timestamps.begin(), timestamps.end(), [&](auto t) { return day_of(t) == number; }) -
          timestamps.begin());
    }
    append(day(number), series, timestamps.first(count), values.first(count));
    timestamps = timestamps.subspan(count);
    values = values.subspan(count);
  }
}

PieceBuilder::Day& PieceBuilder::day(std::int64_t number) {
  if (last_day_ < days_.size() && days_[last_day_].number == number) return days_[last_day_];
  auto found = std::lower_bound(days_.begin(), days_.end(), number,
                                [](const Day& day, std::int64_t wanted) { return day.number < wanted; });
  if (found == days_.end() || found->number != number) found = days_.insert(found, Day{number});
  last_day_ = static_cast<std::size_t>(found - days_.begin());
  return *found;
}

void PieceBuilder::append(Day& day, SeriesId series, std::span<const std::int64_t> timestamps,
                          std::span<const double> values) {
  while (!timestamps.empty()) {
    SegmentColumns& columns = day.columns;
    if (columns.timestamps.size() == kPieceSamples) flush(day);
    const std::size_t count = std::min<std::size_t>(timestamps.size(), kPieceSamples - columns.timestamps.size());
    columns.runs.push_back({series, static_cast<std::uint32_t>(count)});
    columns.timestamps.insert(columns.timestamps.end(), timestamps.begin(),
                              timestamps.begin() + static_cast<std::ptrdiff_t>(count));
    columns.values.insert(columns.values.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
    timestamps = timestamps.subspan(count);
    values = values.subspan(count);
  }
}

void PieceBuilder::flush(Day& day) {
  if (day.columns.runs.empty()) return;
  pieces_.push_back(encode(metric_id_, day.columns));
  day.columns.runs.clear();
  day.columns.timestamps.clear();
  day.columns.values.clear();
}

std::vector<NewSegment> PieceBuilder::finish() && {
  for (Day& day : days_) flush(day);
  return std::move(pieces_);
}

}  // namespace luminate::sqlite
