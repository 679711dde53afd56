#include "postgres/write_group.hpp"

#include <algorithm>
#include <utility>

namespace luminate::postgres {
namespace {

/// What the outside calls a generation: never 0.
std::uint64_t outside(std::int64_t generation) noexcept {
  return static_cast<std::uint64_t>(generation) + 1;
}

}  // namespace

WriteGroup::WriteGroup(std::span<Write* const> writes, SeriesLru& cache) : generation_(cache.generation()) {
  for (Write* write : writes) {
    const Batch& batch = *write->batch;
    write->outcome = {};
    if (batch.handle_count() > 0 && (!generation_ || batch.handle_generation() != outside(*generation_))) {
      write->outcome.outdated = true;
    } else {
      add(*write);
    }
  }
  // Whatever is found now must be of the generation that the handles were judged by.
  if (cache.find(names_.metrics, names_.metric_ids) != generation_) names_.metric_ids.assign(names_.metrics.size(), 0);
  names_.spread_metric_ids();
  cache.find(generation_, names_.series, names_.series_ids);
}

void WriteGroup::add(Write& write) {
  const Batch& batch = *write.batch;
  Member member{.write = &write};
  member.positions.assign(batch.series_count(), kNone);
  std::vector<bool> seen(batch.series_count(), false);
  std::vector<std::uint32_t> metrics(batch.metric_count(), kNone);
  for (const auto index : batch.series_column()) {
    if (seen[index]) continue;
    seen[index] = true;
    const Batch::Series found = batch.series_at(index);
    std::uint32_t& metric = metrics[found.metric];
    if (metric == kNone) metric = this->metric(write.tenant, batch.metric_name(found.metric));
    if (found.handle == 0) member.positions[index] = series(metric, found);
  }
  points_ += batch.size();
  members_.push_back(std::move(member));
}

std::uint32_t WriteGroup::metric(std::string_view tenant, std::string_view name) {
  const auto next = static_cast<std::uint32_t>(names_.metrics.size());
  const auto [at, is_new] = metric_index_.try_emplace({tenant, name}, next);
  if (is_new) names_.metrics.push_back({tenant, name});
  return at->second;
}

std::uint32_t WriteGroup::series(std::uint32_t metric, const Batch::Series& series) {
  const auto next = static_cast<std::uint32_t>(names_.series.size());
  const auto position = series_index_.find_or_insert(series.fingerprint.low, next, [&](model::IndexTable::Index index) {
    return names_.metric_of[index] == metric && names_.series[index].canonical == series.dimensions;
  });
  if (position == next) {
    names_.series.push_back({.canonical = series.dimensions, .fingerprint = series.fingerprint});
    names_.metric_of.push_back(metric);
  }
  return position;
}

std::vector<SampleRow> WriteGroup::rows(std::span<const std::int64_t> series_ids) const {
  std::vector<SampleRow> rows;
  rows.reserve(points_);
  std::vector<std::int64_t> ids;
  for (const Member& member : members_) {
    const Batch& batch = *member.write->batch;
    ids.resize(batch.series_count());
    for (std::uint32_t index = 0; index < ids.size(); ++index) {
      const std::uint32_t position = member.positions[index];
      ids[index] = position != kNone ? series_ids[position] : static_cast<std::int64_t>(batch.series_at(index).handle);
    }
    const auto series = batch.series_column();
    const auto timestamps = batch.timestamp_column();
    const auto values = batch.value_column();
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (ids[series[i]] != 0) rows.push_back({ids[series[i]], timestamps[i], values[i]});
    }
  }
  sort_rows(rows);
  return rows;
}

std::vector<std::string_view> WriteGroup::tenants() const {
  std::vector<std::string_view> tenants;
  for (const MetricName& metric : names_.metrics) {
    if (std::ranges::find(tenants, metric.tenant) == tenants.end()) tenants.push_back(metric.tenant);
  }
  return tenants;
}

void WriteGroup::conclude(const Names& resolved, std::int64_t generation, const CardinalityLimits& limits) {
  for (Member& member : members_) {
    const Batch& batch = *member.write->batch;
    member.outcome = {};
    member.outcome.generation = outside(generation);
    std::vector<std::pair<std::uint32_t, Batch::SeriesIndex>> refused;  // By position: the order of naming.
    for (Batch::SeriesIndex index = 0; index < batch.series_count(); ++index) {
      const std::uint32_t position = member.positions[index];
      if (position != kNone && resolved.series_ids[position] == 0) refused.emplace_back(position, index);
    }
    std::ranges::sort(refused);
    for (const auto& [position, index] : refused) {
      member.outcome.refusals.push_back({index, refusal_of(resolved, position, limits)});
    }
    if (batch.handle_count() == batch.series_count()) continue;
    member.outcome.handles.reserve(batch.series_count());
    for (Batch::SeriesIndex index = 0; index < batch.series_count(); ++index) {
      const std::uint32_t position = member.positions[index];
      member.outcome.handles.push_back(position == kNone ? batch.series_at(index).handle
                                                         : static_cast<std::uint64_t>(resolved.series_ids[position]));
    }
  }
}

void WriteGroup::publish() noexcept {
  for (Member& member : members_) member.write->outcome = std::move(member.outcome);
}

}  // namespace luminate::postgres
