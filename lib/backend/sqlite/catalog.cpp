#include "sqlite/catalog.hpp"

#include <mutex>
#include <utility>

namespace luminate::sqlite {
namespace {

using KeyView = std::pair<std::string_view, std::string_view>;

// Words and series: some 10 ms, in which nobody else gets at the catalog.
constexpr std::int64_t kRowsAtATime = 20'000;

}  // namespace

Catalog::Metrics::value_type* Catalog::find_entry(std::string_view tenant, std::string_view name) {
  const auto found = metrics_.find(KeyView(tenant, name));
  return found == metrics_.end() ? nullptr : &*found;
}

Catalog::Metric* Catalog::find(std::string_view tenant, std::string_view name) {
  auto* entry = find_entry(tenant, name);
  return entry == nullptr ? nullptr : &entry->second;
}

const Catalog::Metric* Catalog::find(std::string_view tenant, std::string_view name) const {
  return const_cast<Catalog*>(this)->find(tenant, name);
}

std::pair<Catalog::Metrics::const_iterator, Catalog::Metrics::const_iterator> Catalog::metrics_of(
    std::string_view tenant) const {
  const auto first = metrics_.lower_bound(KeyView(tenant, ""));
  auto last = first;
  while (last != metrics_.end() && last->first.first == tenant) ++last;
  return {first, last};
}

Catalog::Version Catalog::read_version(Connection& connection) {
  Statement statement = connection.prepare("SELECT additions, removals FROM catalog_version");
  statement.step();
  return {statement.integer(0), statement.integer(1)};
}

void Catalog::catch_up(Connection& connection) {
  const Version version = read_version(connection);
  const bool start_over = version.removals != version_.removals;
  // Read first, then change: a file that cannot be read, or memory that runs out, leaves the catalog as it was.
  Metrics added;
  std::int64_t last_id = start_over ? 0 : last_metric_id_;
  Statement rows = connection.prepare("SELECT id, tenant, name FROM metric WHERE id > ? ORDER BY id");
  rows.bind(1, last_id);
  while (rows.step()) {
    Metric metric;
    metric.id = last_id = rows.integer(0);
    metric.committed = true;
    added.emplace(Key(rows.text(1), rows.text(2)), std::move(metric));
  }

  if (start_over) {
    metrics_.clear();
    words_.clear();
    committed_words_ = 0;
    ++generation_;
  }
  metrics_.merge(added);
  last_metric_id_ = last_id;
  for (auto& [key, metric] : metrics_) {
    if (metric.series == nullptr) continue;
    try {
      while (!extend(connection, metric.id, *metric.series, kRowsAtATime)) continue;
    } catch (...) {
      metric.series = nullptr;  // Rather none than half of them: they are loaded again when they are needed.
      throw;
    }
  }
  version_ = version;
}

void Catalog::load(Connection& connection, std::string_view tenant, std::string_view name) {
  for (;;) {
    const std::unique_lock lock(mutex_);
    Metric* metric = find(tenant, name);
    if (metric == nullptr || metric->series != nullptr || load_some(connection, *metric)) return;
  }
}

bool Catalog::load_some(Connection& connection, Metric& metric) {
  if (metric.loading == nullptr) metric.loading = std::make_unique<MetricCatalog>(words_);
  try {
    if (!extend(connection, metric.id, *metric.loading, kRowsAtATime)) return false;
  } catch (...) {
    metric.loading = nullptr;
    throw;
  }
  metric.series = std::move(metric.loading);
  return true;
}

bool Catalog::extend(Connection& connection, std::int64_t metric_id, MetricCatalog& series, std::int64_t most_rows) {
  Statement words = connection.prepare("SELECT id, text FROM word WHERE id > ? ORDER BY id LIMIT ?");
  // Not from committed_words_ on: a commit that is in the file, but not yet noted here, brought words that are known.
  words.bind(1, std::int64_t{words_.last()}).bind(2, most_rows);
  std::int64_t left = most_rows;
  for (; words.step(); --left) {
    if (words.integer(0) != std::int64_t{words_.last()} + 1 || words_.intern(words.text(1)) != words.integer(0)) {
      throw Error(ErrorCode::storage_corrupt, "the words of the catalog are not numbered one after another");
    }
    committed_words_ = words_.last();
  }
  if (left == 0) return false;
  Statement rows =
      connection.prepare("SELECT id, dimensions FROM series WHERE metric_id = ? AND id > ? ORDER BY id LIMIT ?");
  rows.bind(1, metric_id).bind(2, std::int64_t{series.last_id()}).bind(3, left);
  for (; rows.step(); --left) series.restore(static_cast<SeriesId>(rows.integer(0)), rows.blob(1));
  series.commit();
  return left > 0;
}

Catalog::Metrics::value_type& Catalog::add_metric(Connection& connection, std::string_view tenant,
                                                  std::string_view name) {
  Metric metric;
  metric.id = last_metric_id_ + 1;
  // There are no series; but the words must be known before any is added.
  while (!load_some(connection, metric)) continue;
  last_metric_id_ = metric.id;
  return *metrics_.emplace(Key(tenant, name), std::move(metric)).first;
}

void Catalog::save_words(Connection& connection) const {
  if (words_.last() == committed_words_) return;
  Statement insert = connection.prepare("INSERT INTO word(id, text) VALUES (?, ?)");
  for (WordTable::Id id = committed_words_ + 1; id <= words_.last(); ++id) {
    insert.bind(1, std::int64_t{id}).bind(2, words_.text(id)).run();
  }
}

void Catalog::save(Connection& connection, const Metrics::value_type& entry) {
  const auto& [key, metric] = entry;
  if (!metric.committed) {
    connection.prepare("INSERT INTO metric(id, tenant, name) VALUES (?, ?, ?)")
        .bind(1, metric.id)
        .bind(2, std::string_view(key.first))
        .bind(3, std::string_view(key.second))
        .run();
  }
  Statement insert = connection.prepare("INSERT INTO series(metric_id, id, dimensions) VALUES (?, ?, ?)");
  for (std::size_t position = metric.series->committed(); position < metric.series->size(); ++position) {
    const std::string dimensions = metric.series->encoded(position);
    insert.bind(1, metric.id)
        .bind(2, std::int64_t{metric.series->id(position)})
        .bind(3, std::as_bytes(std::span(dimensions)))
        .run();
  }
}

void Catalog::commit_additions(Metrics::value_type& entry) {
  committed_words_ = words_.last();
  entry.second.committed = true;
  entry.second.series->commit();
}

void Catalog::forget(std::string_view tenant, std::string_view name, bool whole_metric) {
  const auto found = metrics_.find(KeyView(tenant, name));
  if (whole_metric) {
    metrics_.erase(found);
  } else {
    found->second.series = nullptr;
    found->second.loading = nullptr;
  }
  ++version_.removals;
  ++generation_;
}

void Catalog::reset(Connection& connection) {
  version_.removals = -1;  // Differs from whatever the file says, so that everything is read again.
  catch_up(connection);
}

}  // namespace luminate::sqlite
