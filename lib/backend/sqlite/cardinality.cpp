#include "sqlite/cardinality.hpp"

#include <luminate/error.hpp>

#include <cstdint>
#include <map>
#include <unordered_map>

#include "backend/cardinality.hpp"
#include "sqlite/stored_words.hpp"

namespace luminate::sqlite {
namespace {

using backend::CardinalityTally;

constexpr std::size_t kRowsBetweenChecks = 1024;

/// A metric whose series nobody has needed in memory yet.
struct Unloaded {
  std::string name;
  std::int64_t id;
  bool listed;
};

void add_loaded(CardinalityTally& tally, std::string_view name, const MetricCatalog& series, const model::Call& call) {
  for (const auto key : series.keys()) {
    call.check();
    std::uint64_t carriers = 0;
    const auto values = series.values(key);
    std::size_t counted = 0;
    for (const auto& value : values) {
      if (++counted % kRowsBetweenChecks == 0) call.check();
      carriers += value.positions.size();
      tally.add_value(name, key, value.text, value.positions.size());
    }
    tally.add_key(name, key, values.size(), carriers);
  }
}

/// Counts in the file: whoever asks how much there is should not have to hold all of it from then on.
void add_stored(CardinalityTally& tally, Connection& connection, const Unloaded& metric, const model::Call& call) {
  Statement count = connection.prepare("SELECT count(*) FROM series WHERE metric_id = ?");
  count.bind(1, metric.id);
  count.step();
  tally.add_metric(metric.name, static_cast<std::uint64_t>(count.integer(0)), metric.listed);
  if (!metric.listed) return;

  struct Key {
    std::uint64_t values = 0;
    std::uint64_t series = 0;
  };
  std::map<std::uint32_t, Key> keys;
  std::unordered_map<std::uint64_t, std::uint64_t> carriers;  // By key and value.
  std::vector<std::uint32_t> words;
  std::size_t rows = 0;
  Statement series = connection.prepare("SELECT dimensions FROM series WHERE metric_id = ?");
  series.bind(1, metric.id);
  while (series.step()) {
    if (++rows % kRowsBetweenChecks == 0) call.check();
    if (!read_word_ids(series.blob(0), words)) {
      throw Error(ErrorCode::storage_corrupt,
                  "the series of metric \"" + metric.name + "\" cannot be read; restore the file from a backup");
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
      Key& key = keys[words[i]];
      ++key.series;
      if (++carriers[std::uint64_t{words[i]} << 32 | words[i + 1]] == 1) ++key.values;
    }
  }
  StoredWords texts(connection);
  for (const auto& [word, key] : keys) tally.add_key(metric.name, texts.text(word), key.values, key.series);
  rows = 0;
  for (const auto& [pair, series_count] : carriers) {
    if (++rows % kRowsBetweenChecks == 0) call.check();
    if (!tally.admits(series_count)) continue;
    const std::string key(texts.text(static_cast<std::uint32_t>(pair >> 32)));
    tally.add_value(metric.name, key, texts.text(static_cast<std::uint32_t>(pair)), series_count);
  }
}

}  // namespace

Cardinality count_cardinality(Snapshot& snapshot, std::string_view tenant, const CardinalityRequest& request,
                              const CardinalityLimits& limits, const model::Call& call) {
  CardinalityTally tally(request, limits);
  std::vector<Unloaded> unloaded;
  snapshot.begin([&](const Catalog& catalog) {
    const auto [first, last] = catalog.metrics_of(tenant);
    for (auto entry = first; entry != last; ++entry) {
      const std::string& name = entry->first.second;
      const Catalog::Metric& metric = entry->second;
      if (!metric.committed) continue;
      const bool listed = !request.metric || *request.metric == name;
      if (metric.series == nullptr) {
        unloaded.push_back({name, metric.id, listed});
        continue;
      }
      tally.add_metric(name, metric.series->committed(), listed);
      if (listed) add_loaded(tally, name, *metric.series, call);
    }
  });
  for (const Unloaded& metric : unloaded) {
    call.check();
    add_stored(tally, snapshot.connection(), metric, call);
  }
  return std::move(tally).finish();
}

std::vector<TenantSeries> count_by_tenant(Snapshot& snapshot, std::optional<std::string_view> tenant, std::size_t limit,
                                          const model::Call& call) {
  std::vector<TenantSeries> tenants;
  std::vector<std::pair<std::size_t, std::int64_t>> unloaded;  // The position of a tenant, and a metric of its.
  snapshot.begin([&](const Catalog& catalog) {
    const auto [first, last] = tenant ? catalog.metrics_of(*tenant) : catalog.metrics();
    for (auto entry = first; entry != last; ++entry) {
      const Catalog::Metric& metric = entry->second;
      if (!metric.committed) continue;
      const std::string& name = entry->first.first;
      if (tenants.empty() || tenants.back().tenant != name) tenants.push_back({.tenant = name});
      ++tenants.back().metrics;
      if (metric.series != nullptr) {
        tenants.back().series += metric.series->committed();
      } else {
        unloaded.emplace_back(tenants.size() - 1, metric.id);
      }
    }
  });
  Statement count = snapshot.connection().prepare("SELECT count(*) FROM series WHERE metric_id = ?");
  for (const auto& [position, metric] : unloaded) {
    call.check();
    count.bind(1, metric);
    count.step();
    tenants[position].series += static_cast<std::uint64_t>(count.integer(0));
    count.reset();
  }
  backend::keep_heaviest(tenants, limit);
  return tenants;
}

std::vector<std::string> list_tenants(Snapshot& snapshot) {
  snapshot.begin([](const Catalog&) {});
  std::vector<std::string> tenants;
  Statement rows = snapshot.connection().prepare("SELECT DISTINCT tenant FROM metric ORDER BY tenant");
  while (rows.step()) tenants.emplace_back(rows.text(0));
  return tenants;
}

}  // namespace luminate::sqlite
