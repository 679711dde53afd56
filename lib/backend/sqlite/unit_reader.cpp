#include "sqlite/unit_reader.hpp"

#include <algorithm>

#include "codec/segment_head.hpp"
#include "sqlite/sample_gatherer.hpp"

namespace luminate::sqlite {
namespace {

bool lies_in(const SegmentInfo& info, TimeRange range) {
  return info.min_timestamp >= range.start_ms && info.max_timestamp < range.end_ms;
}

// Below this, reading a segment's head first is not cheaper than reading all of it.
constexpr std::int64_t kSamplesWithHead = 8192;

}  // namespace

void UnitReader::read(const ReadUnit& unit, engine::Evaluator& evaluator, const model::Call& call) {
  const auto begin = std::lower_bound(context_.series.begin(), context_.series.end(), unit.first_series);
  const auto end = std::upper_bound(begin, context_.series.end(), unit.last_series);
  if (begin == end) return;
  series_ = {begin, end};
  first_index_ = static_cast<std::uint32_t>(begin - context_.series.begin());
  call.check();
  if (unit.segments.size() > 1) return gather(unit, evaluator, call);
  const SegmentInfo& info = context_.segments[unit.segments.front()];
  if (!add_summaries(info, evaluator, call)) add_runs(info, evaluator, call);
}

bool UnitReader::add_summaries(const SegmentInfo& info, engine::Evaluator& evaluator, const model::Call& call) {
  if (!demand_.summaries || info.samples < kSamplesWithHead || !lies_in(info, context_.plan.time_range)) return false;
  if (const auto interval = context_.plan.interval_ms) {
    if (query::bucket_start(info.min_timestamp, *interval) != query::bucket_start(info.max_timestamp, *interval)) {
      return false;
    }
  }
  return naming_segment(info, [&] {
    if (!context_.source.read_head(info, bytes_)) return false;
    const codec::SegmentHead head(bytes_);
    if (head.size() != static_cast<std::size_t>(info.samples))
      throw SegmentDamaged(info, "its row counts other samples");
    const codec::RunStatistics* const statistics = head.statistics().data();
    const codec::Run* const runs = head.runs().data();
    intersect(head.runs(), series_, [&](const codec::Run& run, std::size_t, std::size_t index) {
      const codec::RunStatistics& of_run = statistics[&run - runs];
      evaluator.add_summary(first_index_ + static_cast<std::uint32_t>(index),
                            engine::RunSummary{.count = run.count,
                                               .first_timestamp = of_run.first_timestamp,
                                               .last_timestamp = of_run.last_timestamp,
                                               .sum = of_run.sum,
                                               .sum_low = of_run.sum_low,
                                               .minimum = of_run.minimum,
                                               .maximum = of_run.maximum,
                                               .first = of_run.first,
                                               .last = of_run.last},
                            call);
    });
    return true;
  });
}

void UnitReader::add_runs(const SegmentInfo& info, engine::Evaluator& evaluator, const model::Call& call) {
  context_.source.read(info, bytes_);
  naming_segment(info, [&] {
    const codec::SegmentReader segment = open_segment(info, bytes_);
    const bool cut = !lies_in(info, context_.plan.time_range);
    rows_.visit(segment,
                {.series = series_,
                 .time_range = context_.plan.time_range,
                 .cut = cut,
                 .timestamps = cut || demand_.timestamps},
                [&](std::size_t index, std::span<const std::int64_t> timestamps, std::span<const double> values) {
                  evaluator.add(first_index_ + static_cast<std::uint32_t>(index), timestamps, values, call);
                });
  });
}

/// About how many samples a unit has, if its segments' were spread evenly over their series.
std::size_t UnitReader::samples_in(const ReadUnit& unit) const {
  double samples = 0;
  for (const std::uint32_t i : unit.segments) {
    const SegmentInfo& info = context_.segments[i];
    const double series = 1.0 + info.max_series - info.min_series;
    const double inside =
        1.0 + std::min(info.max_series, unit.last_series) - std::max(info.min_series, unit.first_series);
    samples += static_cast<double>(info.samples) * inside / series;
  }
  return static_cast<std::size_t>(samples);
}

void UnitReader::gather(const ReadUnit& unit, engine::Evaluator& evaluator, const model::Call& call) {
  SampleGatherer gatherer(series_, context_.plan.time_range);
  MemoryBudget::Share share(context_.budget);
  if (series_.size() == std::size_t{unit.last_series} - unit.first_series + 1) gatherer.reserve(samples_in(unit));
  share.resize(gatherer.memory());
  for (const std::uint32_t i : unit.segments) {
    call.check();
    const SegmentInfo& info = context_.segments[i];
    context_.source.read(info, bytes_);
    naming_segment(info, [&] { gatherer.add(open_segment(info, bytes_)); });
    share.resize(gatherer.memory());
  }
  const auto add = [&](std::uint32_t index, auto timestamps, auto values) {
    evaluator.add(first_index_ + index, timestamps, values, call);
  };
  if (demand_.whole_series) {
    gatherer.for_each_series(call, add);
  } else {
    gatherer.for_each_piece(call, add);
  }
}

}  // namespace luminate::sqlite
