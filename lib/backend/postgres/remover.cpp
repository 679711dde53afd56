#include "postgres/remover.hpp"

#include <optional>

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

}  // namespace

Statement unlimited_decompression() {
  return {"SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)"};
}

std::uint64_t remove(Database& database, const backend::DeleteRequest& request, const Call& call) {
  if (request.dry_run) return count(database, request, call);
  const Abilities abilities = database.abilities(call);
  const std::string& schema = database.pool().settings().schema;
  return database.transact(
      Access::write, Repeat::unless_in_doubt, call, [&](Transaction& transaction) -> std::uint64_t {
        std::vector<Statement> locks;
        if (abilities.hypertable) locks.push_back(unlimited_decompression());
        locks.push_back(lock_deleters_shared(schema));
        transaction.run(std::move(locks));
        const SeriesFilter filter(transaction, Access::write, request.tenant, request.metric, request.matchers);
        if (filter.nothing()) return 0;
        const std::int64_t metric = filter.metric_id();
        std::vector<Statement> statements;
        statements.push_back(lock_deleters_of(schema, std::span(&metric, 1)));
        Parameters parameters;
        const std::string where = condition(filter, request.time_range, parameters);
        statements.push_back({"WITH gone AS (DELETE FROM {schema}.sample AS s USING {schema}.series AS r WHERE " +
                                  where +
                                  " RETURNING s.series_id) SELECT series_id, count(*) FROM gone GROUP BY series_id",
                              std::move(parameters)});
        const Rows gone = std::move(transaction.run(std::move(statements)).back());
        std::uint64_t deleted = 0;
        SeriesOfMetrics candidates;
        for (std::size_t row = 0; row < gone.size(); ++row) {
          candidates[metric].push_back(gone.integer(row, 0));
          deleted += static_cast<std::uint64_t>(gone.integer(row, 1));
        }
        forget(transaction, schema, without_samples(transaction, candidates, abilities.hypertable));
        return deleted;
      });
}

}  // namespace luminate::postgres
