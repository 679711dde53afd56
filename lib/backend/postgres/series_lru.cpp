#include "postgres/series_lru.hpp"

namespace luminate::postgres {
namespace {

// A series' part of the table of indices, which is a quarter to a half full.
constexpr std::size_t kTableBytes = 32;
// A metric's names, id and node of the map.
constexpr std::size_t kMetricBytes = 160;
// What metrics may take of all.
constexpr std::size_t kMetricShare = 8;

}  // namespace

std::size_t SeriesLru::Half::size() const noexcept {
  return entries.size() * (sizeof(Entry) + kTableBytes) + bytes.size();
}

std::int64_t SeriesLru::Half::find(const SeriesName& series) const {
  const auto found = table.find(series.fingerprint.low, [&](model::IndexTable::Index index) {
    const Entry& entry = entries[index];
    return entry.metric == series.metric &&
           std::string_view(bytes).substr(entry.begin, entry.length) == series.canonical;
  });
  return found == model::IndexTable::kNone ? 0 : entries[found].id;
}

void SeriesLru::Half::add(const SeriesName& series, std::int64_t id) {
  entries.push_back({id, series.metric, bytes.size(), static_cast<std::uint32_t>(series.canonical.size())});
  bytes += series.canonical;
  table.find_or_insert(series.fingerprint.low, static_cast<model::IndexTable::Index>(entries.size() - 1),
                       [](model::IndexTable::Index) { return false; });
}

std::optional<std::int64_t> SeriesLru::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void SeriesLru::renew(std::int64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation_ && *generation_ >= generation) return;
  forget();
  generation_ = generation;
}

void SeriesLru::forget() {
  young_ = {};
  old_ = {};
  metrics_.clear();
  metric_bytes_ = 0;
}

std::optional<std::int64_t> SeriesLru::find(std::span<const MetricName> metrics, std::vector<std::int64_t>& ids) const {
  ids.assign(metrics.size(), 0);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto found = metrics_.find(std::pair(metrics[i].tenant, metrics[i].name));
    if (found != metrics_.end()) ids[i] = found->second;
  }
  return generation_;
}

void SeriesLru::find(std::optional<std::int64_t> generation, std::span<const SeriesName> series,
                     std::vector<std::int64_t>& ids) {
  ids.assign(series.size(), 0);
  const std::lock_guard lock(mutex_);
  if (generation_ != generation) return;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i].metric == 0) continue;
    ids[i] = young_.find(series[i]);
    if (ids[i] != 0) continue;
    ids[i] = old_.find(series[i]);
    if (ids[i] != 0) add(series[i], ids[i]);
  }
}

void SeriesLru::remember(std::int64_t generation, std::span<const MetricName> metrics,
                         std::span<const std::int64_t> ids) {
  const std::lock_guard lock(mutex_);
  if (generation_ != generation) return;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (ids[i] == 0) continue;
    const std::size_t bytes = kMetricBytes + metrics[i].tenant.size() + metrics[i].name.size();
    if (metric_bytes_ + bytes > max_bytes_ / kMetricShare) {
      metrics_.clear();
      metric_bytes_ = 0;
    }
    if (bytes > max_bytes_ / kMetricShare) continue;
    if (metrics_.emplace(std::pair(metrics[i].tenant, metrics[i].name), ids[i]).second) metric_bytes_ += bytes;
  }
}

void SeriesLru::remember(std::int64_t generation, std::span<const SeriesName> series,
                         std::span<const std::int64_t> ids) {
  const std::lock_guard lock(mutex_);
  if (generation_ != generation) return;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (ids[i] == 0 || series[i].metric == 0 || young_.find(series[i]) != 0) continue;
    add(series[i], ids[i]);
  }
}

void SeriesLru::add(const SeriesName& series, std::int64_t id) {
  const std::size_t most = (max_bytes_ - max_bytes_ / kMetricShare) / 2;
  const std::size_t more = sizeof(Entry) + kTableBytes + series.canonical.size();
  if (more > most) return;
  if (young_.size() + more > most) old_ = std::exchange(young_, {});
  young_.add(series, id);
}

std::size_t SeriesLru::bytes() const {
  const std::lock_guard lock(mutex_);
  return young_.size() + old_.size() + metric_bytes_;
}

}  // namespace luminate::postgres
