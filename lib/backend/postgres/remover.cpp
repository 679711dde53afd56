#include "postgres/remover.hpp"

#include <span>
#include <string>
#include <vector>

#include "postgres/forgetting.hpp"
#include "postgres/series_filter.hpp"

namespace luminate::postgres {
namespace {

using model::Call;

/// "... FROM sample s JOIN series r": whose samples, and when.
std::string condition(const SeriesFilter& filter, const TimeRange& range, Parameters& parameters) {
  std::string text = "s.series_id = r.id AND " + filter.condition("r", parameters);
  text += " AND s.ts >= " + parameters.add_time(range.start_ms).last();
  text += " AND s.ts < " + parameters.add_time(range.end_ms).last();
  return text;
}

std::uint64_t count(Database& database, const backend::DeleteRequest& request, const Call& call) {
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) -> std::uint64_t {
    const SeriesFilter filter(transaction, Access::read, request.tenant, request.metric, request.matchers);
    if (filter.nothing()) return 0;
    Parameters parameters;
    const std::string where = condition(filter, request.time_range, parameters);
    const Rows rows = transaction.run("SELECT count(*) FROM {schema}.sample AS s, {schema}.series AS r WHERE " + where,
                                      std::move(parameters));
    return static_cast<std::uint64_t>(rows.integer(0, 0));
  });
}

/// The same series once more, in a way that spares TimescaleDB unpacking all of a compressed chunk to delete from it.
std::string segments(Transaction& transaction, const SeriesFilter& filter, Parameters& parameters) {
  Parameters own;
  const std::string where = filter.condition("r", own);
  const Rows rows = transaction.run("SELECT r.id FROM {schema}.series AS r WHERE " + where, std::move(own));
  std::vector<std::int64_t> ids(rows.size());
  for (std::size_t row = 0; row < ids.size(); ++row) ids[row] = rows.integer(row, 0);
  return "s.series_id = ANY(" + parameters.add(ids).last() + ")";
}

std::uint64_t remove(Transaction& transaction, const backend::DeleteRequest& request, const std::string& schema,
                     bool hypertable) {
  std::vector<Statement> locks{lock_deleters_shared(schema)};
  if (hypertable) locks.push_back(unlimited_decompression());
  transaction.run(std::move(locks));
  const SeriesFilter filter(transaction, Access::write, request.tenant, request.metric, request.matchers);
  if (filter.nothing()) return 0;
  const std::int64_t metric = filter.metric_id();
  transaction.run({lock_deleters_of(schema, std::span(&metric, 1))});

  Parameters parameters;
  std::string where = condition(filter, request.time_range, parameters);
  if (hypertable) where += " AND " + segments(transaction, filter, parameters);
  const Rows gone =
      transaction.run("WITH gone AS (DELETE FROM {schema}.sample AS s USING {schema}.series AS r WHERE " + where +
                          " RETURNING s.series_id) SELECT series_id, count(*) FROM gone GROUP BY 1",
                      std::move(parameters));
  std::uint64_t deleted = 0;
  SeriesOfMetrics candidates;
  for (std::size_t row = 0; row < gone.size(); ++row) {
    candidates[metric].push_back(gone.integer(row, 0));
    deleted += static_cast<std::uint64_t>(gone.integer(row, 1));
  }
  forget(transaction, schema, without_samples(transaction, candidates, hypertable));
  return deleted;
}

}  // namespace

Statement unlimited_decompression() {
  return {"SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)"};
}

std::uint64_t remove(Database& database, const backend::DeleteRequest& request, const Call& call) {
  if (request.dry_run) return count(database, request, call);
  const bool hypertable = database.abilities(call).hypertable;
  const std::string& schema = database.pool().settings().schema;
  return database.transact(Access::write, Repeat::unless_in_doubt, call,
                           [&](Transaction& transaction) { return remove(transaction, request, schema, hypertable); });
}

}  // namespace luminate::postgres
