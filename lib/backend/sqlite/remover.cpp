#include "sqlite/remover.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "sqlite/removal.hpp"
#include "sqlite/segment_merger.hpp"

namespace luminate::sqlite {
namespace {

/// What a deletion keeps in memory, and writes in one transaction.
constexpr std::size_t kRewrittenBytes = std::size_t{64} << 20;

/// What a deletion is about, taken from the catalog.
struct Target {
  std::int64_t metric_id = 0;
  std::vector<SeriesId> series{};  ///< Ascending.
  std::uint64_t generation = 0;    ///< Of the catalog.

  bool contains(SeriesId id) const { return std::binary_search(series.begin(), series.end(), id); }
};

std::uint64_t current_generation(const Catalog& catalog) {
  const std::shared_lock lock(catalog.mutex());
  return catalog.generation();
}

Target find_target(Catalog& catalog, Connection& connection, const backend::DeleteRequest& request,
                   const model::Call& call) {
  catalog.load(connection, request.tenant, request.metric);
  // Matching every value against an expression may take long: readers go on meanwhile.
  const std::shared_lock lock(catalog.mutex());
  Target target;
  target.generation = catalog.generation();
  const Catalog::Metric* metric = std::as_const(catalog).find(request.tenant, request.metric);
  if (metric == nullptr || metric->series == nullptr) return target;
  target.metric_id = metric->id;
  for (const auto position : metric->series->select(request.matchers, call)) {
    target.series.push_back(metric->series->id(position));
  }
  return target;
}

/// The segments that may hold such samples, oldest write first: parts of a deletion that is done in several never bring
/// a value back that was overwritten.
std::vector<SegmentInfo> find_segments(SegmentLoader& loader, const Target& target, TimeRange range) {
  std::vector<SegmentInfo> segments = loader.list(target.metric_id);
  std::erase_if(segments, [&](const SegmentInfo& segment) {
    return segment.max_timestamp < range.start_ms || segment.min_timestamp >= range.end_ms ||
           segment.max_series < target.series.front() || segment.min_series > target.series.back();
  });
  std::sort(segments.begin(), segments.end(), [](const SegmentInfo& a, const SegmentInfo& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id;
  });
  return segments;
}

/// Each sample once, however often it was written. Segments that do not overlap in time cannot hold the same one, so
/// only those that do are read together.
std::uint64_t count_samples(SegmentLoader& loader, std::vector<SegmentInfo> segments, const Target& target,
                            TimeRange range, const model::Call& call) {
  std::sort(segments.begin(), segments.end(),
            [](const SegmentInfo& a, const SegmentInfo& b) { return a.min_timestamp < b.min_timestamp; });
  std::uint64_t samples = 0;
  for (auto first = segments.begin(); first != segments.end();) {
    std::int64_t end = first->max_timestamp;
    auto last = std::next(first);
    for (; last != segments.end() && last->min_timestamp <= end; ++last) end = std::max(end, last->max_timestamp);
    SegmentMerger merger({first, last}, [&](const SegmentInfo& info) {
      call.check();
      return loader.load(info);
    });
    merger.run(
        [&](SeriesId series, std::span<const std::int64_t> timestamps, std::span<const double>) {
          if (!target.contains(series)) return;
          const auto begin = std::lower_bound(timestamps.begin(), timestamps.end(), range.start_ms);
          samples += static_cast<std::uint64_t>(std::lower_bound(begin, timestamps.end(), range.end_ms) - begin);
        },
        call.stop);
    first = last;
  }
  return samples;
}

std::uint64_t count_only(const Rewriting& rewriting, const backend::DeleteRequest& request, const model::Call& call) {
  SegmentLoader loader(rewriting.path);
  const Target target = find_target(rewriting.catalog, loader.connection(), request, call);
  if (target.series.empty()) return 0;
  const Transaction snapshot(loader.connection(), Transaction::Kind::read);
  return count_samples(loader, find_segments(loader, target, request.time_range), target, request.time_range, call);
}

std::size_t bytes_of(const SegmentSwap& swap) {
  std::size_t bytes = 0;
  for (const NewSegment& segment : swap.added) bytes += segment.data.size();
  return bytes;
}

}  // namespace

std::uint64_t remove_samples(Rewriting& rewriting, const backend::DeleteRequest& request, const model::Call& call) {
  if (request.dry_run) return count_only(rewriting, request, call);
  const std::lock_guard lock(rewriting.mutex);
  SegmentLoader& loader = rewriting.loader();
  const TimeRange range = request.time_range;
  const Target target = find_target(rewriting.catalog, loader.connection(), request, call);
  if (target.series.empty()) return 0;
  const std::vector<SegmentInfo> segments = find_segments(loader, target, range);
  const std::uint64_t samples = count_samples(loader, segments, target, range, call);
  if (samples == 0) return 0;

  const auto goes = [&](SeriesId series, std::int64_t timestamp) {
    return timestamp >= range.start_ms && timestamp < range.end_ms && target.contains(series);
  };
  std::uint64_t generation = target.generation;
  const auto begin = [&] {
    return Removal{.tenant = std::string(request.tenant),
                   .metric = std::string(request.metric),
                   .metric_id = target.metric_id,
                   .generation = generation};
  };
  Removal removal = begin();
  for (const SegmentInfo& segment : segments) {
    call.check();
    rewrite_without(loader, segment, goes, removal);
    if (bytes_of(removal.swap) < kRewrittenBytes) continue;
    commit_removal(rewriting, removal, call);
    generation = current_generation(rewriting.catalog);
    removal = begin();
  }
  if (!removal.swap.removed.empty()) commit_removal(rewriting, removal, call);
  return samples;
}

}  // namespace luminate::sqlite
