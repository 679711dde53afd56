#include "sqlite/discovery.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {
namespace {

/// Calls `active(series id)` for the series of a metric that have samples in the range, each at least once.
void for_each_active_series(Connection& connection, std::int64_t metric_id, TimeRange range, const model::Call& call,
                            const std::function<void(SeriesId)>& active) {
  const SegmentQuery query{metric_id, range, kNoSeries, std::numeric_limits<SeriesId>::max()};
  for_each_segment(connection, query, [&](const SegmentInfo& info, const codec::SegmentReader& segment) {
    call.check();
    const bool inside = info.min_timestamp >= range.start_ms && info.max_timestamp < range.end_ms;
    std::vector<std::int64_t> timestamps;
    if (!inside) {
      timestamps.resize(segment.size());
      segment.read_timestamps(timestamps);
    }
    auto row = timestamps.begin();
    for (const codec::Run& run : segment.runs()) {
      const auto end = inside ? row : row + run.count;
      // The run ascends by time: it has a sample in the range if its first one from the start on is before the end.
      const auto first = inside ? row : std::lower_bound(row, end, range.start_ms);
      if (inside || (first != end && *first < range.end_ms)) active(static_cast<SeriesId>(run.series));
      row = end;
    }
  });
}

/// A name that may be listed, and how many series speak for it.
struct Candidate {
  std::string name;
  std::size_t count = 0;
  std::vector<SeriesId> series{};  ///< Filled where a time range asks for them.

  void add(std::span<const std::uint32_t> positions, const MetricCatalog& catalog, bool with_series) {
    count += positions.size();
    if (!with_series) return;
    for (const auto position : positions) series.push_back(catalog.id(position));
  }
};

/// Counts only series that have samples in the range, and drops names without any. Works after the catalog's lock is
/// released: reading segments may take long.
void keep_active(std::vector<Candidate>& candidates, Connection& connection, std::int64_t metric_id, TimeRange range,
                 const model::Call& call) {
  std::vector<bool> active;
  for_each_active_series(connection, metric_id, range, call, [&](SeriesId id) {
    if (id >= active.size()) active.resize(std::size_t{id} + 1, false);
    active[id] = true;
  });
  for (auto& candidate : candidates) {
    candidate.count =
        static_cast<std::size_t>(std::count_if(candidate.series.begin(), candidate.series.end(),
                                               [&](SeriesId id) { return id < active.size() && active[id]; }));
  }
  std::erase_if(candidates, [](const Candidate& candidate) { return candidate.count == 0; });
}

/// The first `limit` names in the given order.
template <class Before>
std::vector<std::string> first_names(std::vector<Candidate> candidates, std::size_t limit, Before before) {
  const auto shown = std::min(limit, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(shown), candidates.end(),
                    before);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < shown; ++i) names.push_back(std::move(candidates[i].name));
  return names;
}

/// Whether any of a metric's samples is in the range.
bool has_samples(Connection& connection, std::int64_t metric_id, TimeRange range, const model::Call& call) {
  bool found = false;
  for_each_active_series(connection, metric_id, range, call, [&](SeriesId) { found = true; });
  return found;
}

}  // namespace

std::vector<std::string> list_metrics(Snapshot& snapshot, const backend::ListRequest& request,
                                      const model::Call& call) {
  std::vector<std::pair<std::string, std::int64_t>> metrics;
  snapshot.begin([&](const Catalog& catalog) {
    const auto [first, last] = catalog.metrics_of(request.tenant);
    for (auto entry = first; entry != last; ++entry) {
      const std::string& name = entry->first.second;
      if (entry->second.committed && name.starts_with(request.prefix)) metrics.emplace_back(name, entry->second.id);
    }
  });
  std::vector<std::string> names;
  for (auto& [name, id] : metrics) {
    if (names.size() == request.limit) break;
    if (request.time_range && !has_samples(snapshot.connection(), id, *request.time_range, call)) continue;
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> list_dimension_keys(Snapshot& snapshot, std::string_view metric,
                                             const backend::ListRequest& request, const model::Call& call) {
  std::vector<Candidate> keys;
  std::int64_t metric_id = 0;
  snapshot.begin(request.tenant, metric, call, [&](const Catalog::Metric& found) {
    metric_id = found.id;
    for (const auto key : found.series->keys()) {
      if (!key.starts_with(request.prefix)) continue;
      auto& candidate = keys.emplace_back(Candidate{.name = std::string(key)});
      if (!request.time_range) continue;
      for (const auto& value : found.series->values(key)) candidate.add(value.positions, *found.series, true);
    }
  });
  if (request.time_range) keep_active(keys, snapshot.connection(), metric_id, *request.time_range, call);
  return first_names(std::move(keys), request.limit,
                     [](const Candidate& a, const Candidate& b) { return a.name < b.name; });
}

std::vector<std::string> list_dimension_values(Snapshot& snapshot, std::string_view metric, std::string_view key,
                                               const backend::ListRequest& request, const model::Call& call) {
  std::vector<Candidate> values;
  std::int64_t metric_id = 0;
  snapshot.begin(request.tenant, metric, call, [&](const Catalog::Metric& found) {
    metric_id = found.id;
    for (const auto& value : found.series->values(key)) {
      if (!value.text.starts_with(request.prefix)) continue;
      values.emplace_back(Candidate{.name = std::string(value.text)})
          .add(value.positions, *found.series, request.time_range.has_value());
    }
  });
  if (request.time_range) keep_active(values, snapshot.connection(), metric_id, *request.time_range, call);
  return first_names(std::move(values), request.limit, [](const Candidate& a, const Candidate& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
  });
}

std::uint64_t count_series(Snapshot& snapshot, std::string_view tenant, std::optional<std::string_view> metric) {
  snapshot.begin([](const Catalog&) {});
  Statement count = snapshot.connection().prepare(
      "SELECT count(*) FROM metric JOIN series ON series.metric_id = metric.id WHERE tenant = ?1 AND"
      " (?2 OR name = ?3)");
  count.bind(1, tenant).bind(2, std::int64_t{!metric.has_value()}).bind(3, metric.value_or(""));
  count.step();
  return static_cast<std::uint64_t>(count.integer(0));
}

}  // namespace luminate::sqlite
