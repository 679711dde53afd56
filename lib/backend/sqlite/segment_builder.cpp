#include "sqlite/segment_builder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>

#include "engine/accumulator.hpp"
#include "engine/exact_sum.hpp"

namespace luminate::sqlite {
namespace {

/// A point on its way into a segment. Sorting these beats sorting points: eight bytes each, no indirection.
struct Row {
  SeriesId series;
  std::uint32_t point;  ///< Index in the batch.
};

/// Sorts by series, keeping the order of points within one: a counting sort by one byte at a time, from the lowest.
void sort_by_series(std::vector<Row>& rows, SeriesId largest) {
  const auto in_order = [](const Row& a, const Row& b) { return a.series < b.series; };
  if (std::is_sorted(rows.begin(), rows.end(), in_order)) return;
  std::vector<Row> sorted(rows.size());
  for (unsigned shift = 0; shift < 32 && (largest >> shift) != 0; shift += 8) {
    std::array<std::size_t, 257> starts{};
    for (const Row& row : rows) ++starts[((row.series >> shift) & 0xFF) + 1];
    for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    for (const Row& row : rows) sorted[starts[(row.series >> shift) & 0xFF]++] = row;
    rows.swap(sorted);
  }
}

/// Orders the rows of one series by time; of rows with one timestamp the last written stays. @returns the new end.
std::vector<Row>::iterator order_run(std::vector<Row>::iterator first, std::vector<Row>::iterator last,
                                     std::span<const std::int64_t> timestamps) {
  const auto time = [&](const Row& row) { return timestamps[row.point]; };
  const auto not_ascending = [&](const Row& a, const Row& b) { return time(a) >= time(b); };
  if (std::adjacent_find(first, last, not_ascending) == last) return last;
  std::stable_sort(first, last, [&](const Row& a, const Row& b) { return time(a) < time(b); });
  auto kept = first;
  for (auto row = std::next(first); row != last; ++row) {
    if (time(*row) != time(*kept)) ++kept;
    *kept = *row;
  }
  return std::next(kept);
}

/// The columns of all points, whichever batch they came in.
struct PointColumns {
  std::span<const std::int64_t> timestamps;
  std::span<const double> values;
};

void append_metric(std::vector<NewSegment>& segments, std::int64_t metric_id, std::vector<Row>& rows,
                   const PointColumns& points) {
  const auto largest =
      std::max_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.series < b.series; });
  sort_by_series(rows, largest->series);

  SegmentColumns columns;
  columns.timestamps.reserve(rows.size());
  columns.values.reserve(rows.size());
  const auto flush = [&] {
    if (!columns.runs.empty()) segments.push_back(encode(metric_id, columns));
    columns.runs.clear();
    columns.timestamps.clear();
    columns.values.clear();
  };
  for (auto first = rows.begin(); first != rows.end();) {
    const SeriesId series = first->series;
    const auto last = std::find_if(first, rows.end(), [&](const Row& row) { return row.series != series; });
    const auto kept = order_run(first, last, points.timestamps);
    for (auto row = first; row != kept; ++row) {
      if (columns.timestamps.size() == codec::kMaxSegmentSamples) flush();
      if (columns.runs.empty() || columns.runs.back().series != series) columns.runs.push_back({series, 0});
      ++columns.runs.back().count;
      columns.timestamps.push_back(points.timestamps[row->point]);
      columns.values.push_back(points.values[row->point]);
    }
    first = last;
  }
  flush();
}

/// From this many samples a run on, statistics save queries more than the 15 to 20 bytes a run that they cost: with 64
/// samples of 1.5 bytes each, a sixth of the segment. Shorter runs are quickly decoded.
constexpr std::size_t kSamplesPerStatistics = 64;

/// The uppermost 24 of a double's 53 significant bits, which leave a sum and its rest as exact as any sum of ours, and
/// take half the room. Zero for what an overflow left behind.
double shortened(double rest) {
  constexpr std::uint64_t kKept = ~((std::uint64_t{1} << 29) - 1);
  return std::isfinite(rest) ? std::bit_cast<double>(std::bit_cast<std::uint64_t>(rest) & kKept) : 0;
}

/// What the engine would say of each run, as it is the engine that does the work.
std::vector<codec::RunStatistics> statistics_of(const SegmentColumns& columns) {
  const auto minimum = engine::make_minimum();
  const auto maximum = engine::make_maximum();
  for (engine::Accumulator* const each : {minimum.get(), maximum.get()}) each->resize(columns.runs.size());
  const engine::SeriesColumns all{columns.timestamps, columns.values};
  engine::ValueScratch scratch;
  std::vector<codec::RunStatistics> statistics(columns.runs.size());
  std::size_t begin = 0;
  for (std::uint32_t run = 0; run < statistics.size(); ++run) {
    const engine::Span span{run, begin, begin + columns.runs[run].count};
    begin = span.end;
    const auto extreme = [&](engine::Accumulator& accumulator) {
      accumulator.add(all, std::span(&span, 1));
      return accumulator.value(run, {}, columns.runs[run].count, scratch, {});
    };
    const engine::ExactSum sum =
        engine::sum_terms(span.begin, span.end, [&](std::size_t i) { return columns.values[i]; });
    statistics[run] = {.sum = sum.value(),
                       .sum_low = shortened((sum.high() - sum.value()) + sum.low()),
                       .minimum = extreme(*minimum),
                       .maximum = extreme(*maximum),
                       .first = columns.values[span.begin],
                       .last = columns.values[span.end - 1],
                       .first_timestamp = columns.timestamps[span.begin],
                       .last_timestamp = columns.timestamps[span.end - 1]};
  }
  return statistics;
}

}  // namespace

NewSegment encode(std::int64_t metric_id, const SegmentColumns& columns) {
  const auto [first, last] = std::minmax_element(columns.timestamps.begin(), columns.timestamps.end());
  NewSegment segment;
  segment.info.metric_id = metric_id;
  segment.info.min_timestamp = *first;
  segment.info.max_timestamp = *last;
  segment.info.min_series = static_cast<SeriesId>(columns.runs.front().series);
  segment.info.max_series = static_cast<SeriesId>(columns.runs.back().series);
  segment.info.samples = static_cast<std::int64_t>(columns.timestamps.size());
  std::vector<codec::RunStatistics> statistics;
  if (columns.timestamps.size() / columns.runs.size() >= kSamplesPerStatistics) statistics = statistics_of(columns);
  segment.data = codec::encode_segment(columns.runs, columns.timestamps, columns.values, statistics);
  return segment;
}

std::vector<NewSegment> build_segments(std::span<const ResolvedBatch> batches) {
  std::map<std::int64_t, std::vector<Row>> rows_of;  // By metric.
  std::uint32_t before = 0;                          // Points of the batches before this one.
  for (const auto& [batch, series] : batches) {
    // Metrics of a batch are few: its own numbering tells the points of each apart.
    std::vector<std::vector<Row>*> rows(batch->metric_count(), nullptr);
    std::vector<std::uint32_t> metric_of(batch->series_count());
    for (Batch::SeriesIndex i = 0; i < metric_of.size(); ++i) {
      metric_of[i] = batch->series_at(i).metric;
      if (series[i].id != kNoSeries) rows[metric_of[i]] = &rows_of[series[i].metric_id];
    }
    const auto points = batch->series_column();
    for (std::uint32_t point = 0; point < points.size(); ++point) {
      const Batch::SeriesIndex index = points[point];
      if (series[index].id != kNoSeries) rows[metric_of[index]]->push_back({series[index].id, before + point});
    }
    before += static_cast<std::uint32_t>(points.size());
  }

  PointColumns points;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
  if (batches.size() == 1) {
    points = {batches.front().batch->timestamp_column(), batches.front().batch->value_column()};
  } else {
    for (const auto& [batch, series] : batches) {
      timestamps.insert(timestamps.end(), batch->timestamp_column().begin(), batch->timestamp_column().end());
      values.insert(values.end(), batch->value_column().begin(), batch->value_column().end());
    }
    points = {timestamps, values};
  }
  std::vector<NewSegment> segments;
  for (auto& [metric_id, rows] : rows_of) {
    if (!rows.empty()) append_metric(segments, metric_id, rows, points);
  }
  return segments;
}

}  // namespace luminate::sqlite
