#include "sqlite/remover.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "sqlite/sample_gatherer.hpp"
#include "sqlite/segment_builder.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {
namespace {

constexpr TimeRange kAllTime{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};

/// What a deletion is about, taken from the catalog.
struct Target {
  std::int64_t metric_id = 0;
  std::vector<SeriesId> series;  ///< Ascending; never empty.
  std::size_t series_of_metric = 0;

  SegmentQuery segments(TimeRange time_range) const { return {metric_id, time_range, series.front(), series.back()}; }
};

Target find_target(Connection& connection, Catalog& catalog, const backend::DeleteRequest& request,
                   const model::Call& call) {
  {
    const std::unique_lock lock(catalog.mutex());
    Catalog::Metric* metric = catalog.find(request.tenant, request.metric);
    if (metric != nullptr && metric->series == nullptr) catalog.load(connection, *metric);
  }
  // Matching every value against an expression may take long: readers go on meanwhile.
  const std::shared_lock lock(catalog.mutex());
  Target target;
  const Catalog::Metric* metric = std::as_const(catalog).find(request.tenant, request.metric);
  if (metric == nullptr) return target;
  target.metric_id = metric->id;
  target.series_of_metric = metric->series->size();
  for (const auto position : metric->series->select(request.matchers, call)) {
    target.series.push_back(metric->series->id(position));
  }
  return target;
}

std::uint64_t count_samples(Connection& connection, const Target& target, TimeRange time_range,
                            const model::Call& call) {
  SampleGatherer gatherer(target.series, time_range);
  for_each_segment(connection, target.segments(time_range),
                   [&](const SegmentInfo&, const codec::SegmentReader& segment) {
                     call.check();
                     gatherer.add(segment);
                   });
  std::uint64_t samples = 0;
  gatherer.for_each_series(call, [&](std::uint32_t, std::span<const std::int64_t> timestamps, std::span<const double>) {
    samples += timestamps.size();
  });
  return samples;
}

/// The rows of a segment that stay.
SegmentColumns remaining(const codec::SegmentReader& segment, const Target& target, TimeRange time_range) {
  std::vector<std::int64_t> timestamps(segment.size());
  std::vector<double> values(segment.size());
  segment.read_timestamps(timestamps);
  segment.read_values(values);
  std::vector<bool> gone(segment.size(), false);
  intersect(segment.runs(), target.series, [&](const codec::Run& run, std::size_t row, std::size_t) {
    for (std::size_t i = row; i < row + run.count; ++i) {
      gone[i] = timestamps[i] >= time_range.start_ms && timestamps[i] < time_range.end_ms;
    }
  });
  SegmentColumns columns;
  std::size_t row = 0;
  for (const codec::Run& run : segment.runs()) {
    codec::Run kept{run.series, 0};
    for (const std::size_t end = row + run.count; row < end; ++row) {
      if (gone[row]) continue;
      ++kept.count;
      columns.timestamps.push_back(timestamps[row]);
      columns.values.push_back(values[row]);
    }
    if (kept.count > 0) columns.runs.push_back(kept);
  }
  return columns;
}

void rewrite_segments(Connection& connection, const Target& target, TimeRange time_range, const model::Call& call) {
  for_each_segment(connection, target.segments(time_range),
                   [&](const SegmentInfo& info, const codec::SegmentReader& segment) {
                     call.check();
                     const SegmentColumns columns = remaining(segment, target, time_range);
                     if (columns.timestamps.empty()) {
                       delete_segment(connection, info.id);
                     } else if (columns.timestamps.size() < segment.size()) {
                       NewSegment rewritten = encode(info.metric_id, columns);
                       rewritten.info.id = info.id;
                       replace_segment(connection, rewritten);
                     }
                   });
}

/// Those of the target's series that no segment holds any more.
std::vector<SeriesId> series_without_samples(Connection& connection, const Target& target, const model::Call& call) {
  std::vector<bool> found(target.series.size(), false);
  for_each_segment(connection, target.segments(kAllTime), [&](const SegmentInfo&, const codec::SegmentReader& segment) {
    call.check();
    intersect(segment.runs(), target.series,
              [&](const codec::Run&, std::size_t, std::size_t index) { found[index] = true; });
  });
  std::vector<SeriesId> empty;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) empty.push_back(target.series[i]);
  }
  return empty;
}

}  // namespace

std::uint64_t remove_samples(Connection& connection, Catalog& catalog, const backend::DeleteRequest& request,
                             const model::Call& call) {
  const Target target = find_target(connection, catalog, request, call);
  if (target.series.empty()) return 0;
  const std::uint64_t samples = count_samples(connection, target, request.time_range, call);
  if (request.dry_run || samples == 0) return samples;

  Transaction transaction(connection, Transaction::Kind::write);
  rewrite_segments(connection, target, request.time_range, call);
  const std::vector<SeriesId> empty = series_without_samples(connection, target, call);
  if (empty.empty()) {
    transaction.commit();
    return samples;
  }
  Statement forget = connection.prepare("DELETE FROM series WHERE metric_id = ? AND id = ?");
  for (const SeriesId id : empty) forget.bind(1, target.metric_id).bind(2, std::int64_t{id}).run();
  const bool whole_metric = empty.size() == target.series_of_metric;
  if (whole_metric) connection.prepare("DELETE FROM metric WHERE id = ?").bind(1, target.metric_id).run();
  connection.execute("UPDATE catalog_version SET removals = removals + 1");

  // Readers resolve series and begin their snapshot under the shared lock: they see both before, or both after.
  const std::unique_lock lock(catalog.mutex());
  transaction.commit();
  catalog.forget(request.tenant, request.metric, whole_metric);
  return samples;
}

}  // namespace luminate::sqlite
