#include "postgres/forgetting.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "postgres/locks.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {
namespace {

/// Of the series, those without samples in a table. Each is looked up in the index, whatever the planner thinks of
/// their number: a series that lives is found with one look.
std::vector<std::int64_t> missing_from(Transaction& transaction, const std::string& table,
                                       const std::vector<std::int64_t>& series) {
  const Rows rows =
      transaction.run("SELECT c.id FROM unnest($1) AS c(id) LEFT JOIN LATERAL (SELECT true AS there FROM " + table +
                          " s WHERE s.series_id = c.id LIMIT 1) AS x ON true WHERE x.there IS NULL",
                      Parameters().add(series));
  std::vector<std::int64_t> ids(rows.size());
  for (std::size_t row = 0; row < ids.size(); ++row) ids[row] = rows.integer(row, 0);
  return ids;
}

/// Tables that have most of what is written first, since a series that lives mostly does so now.
std::vector<std::string> tables_by_age(Transaction& transaction, bool hypertable, const std::string& besides) {
  if (hypertable) return {"{schema}.sample"};
  const std::vector<std::int64_t> days = partition_days(transaction);
  std::vector<std::string> tables;
  for (auto day = days.rbegin(); day != days.rend(); ++day) {
    const std::string table = "{schema}." + partition_name(*day);
    if (table != besides) tables.push_back(table);
  }
  tables.emplace_back("{schema}.sample_default");
  return tables;
}

}  // namespace

Statement lock_deleters_shared(const std::string& schema) {
  return lock_statement(schema, Lock::deleters, LockMode::shared, 0);
}

Statement lock_deleters_of(const std::string& schema, std::span<const std::int64_t> metrics) {
  return lock_statement(schema, Lock::deleters, LockMode::exclusive, metrics);
}

Statement lock_all_deleters(const std::string& schema) {
  return lock_statement(schema, Lock::deleters, LockMode::exclusive, 0);
}

SeriesOfMetrics without_samples(Transaction& transaction, const SeriesOfMetrics& candidates, bool hypertable,
                                const std::string& besides) {
  std::vector<std::int64_t> left;
  for (const auto& [metric, series] : candidates) left.insert(left.end(), series.begin(), series.end());
  if (left.empty()) return {};
  for (const std::string& table : tables_by_age(transaction, hypertable, besides)) {
    left = missing_from(transaction, table, left);
    if (left.empty()) return {};
  }
  std::sort(left.begin(), left.end());
  SeriesOfMetrics found;
  for (const auto& [metric, series] : candidates) {
    for (const std::int64_t id : series) {
      if (std::binary_search(left.begin(), left.end(), id)) found[metric].push_back(id);
    }
  }
  return found;
}

Forgotten forget(Transaction& transaction, const std::string& schema, const SeriesOfMetrics& series) {
  Forgotten forgotten;
  if (series.empty()) return forgotten;
  std::set<std::int64_t> buckets;
  for (const auto& [metric, ids] : series) buckets.insert(bucket_of(metric));
  const std::vector<std::int64_t> sorted(buckets.begin(), buckets.end());
  std::vector<Statement> lock;
  lock.push_back(lock_statement(schema, Lock::series, LockMode::exclusive, sorted));
  transaction.run(std::move(lock));
  for (const auto& [metric, ids] : series) {
    const std::vector<std::int64_t> gone = missing_from(transaction, "{schema}.sample", ids);
    if (gone.empty()) continue;
    const std::uint64_t deleted =
        transaction.run("DELETE FROM {schema}.series WHERE id = ANY($1)", Parameters().add(gone)).affected();
    transaction.run("UPDATE {schema}.metric SET series = series - $1 WHERE id = $2",
                    Parameters().add(static_cast<std::int64_t>(deleted)).add(metric));
    forgotten.series += deleted;
    forgotten.metrics +=
        transaction.run("DELETE FROM {schema}.metric WHERE id = $1 AND series <= 0", Parameters().add(metric))
            .affected();
  }
  // Last, since all who forget series anywhere queue at this row until the end of the transaction.
  if (forgotten.series > 0) transaction.run("UPDATE {schema}.generation SET value = value + 1");
  return forgotten;
}

}  // namespace luminate::postgres
