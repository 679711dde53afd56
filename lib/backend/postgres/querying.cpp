#include "postgres/querying.hpp"

#include <algorithm>
#include <utility>

#include "backend/whole_range.hpp"
#include "postgres/evaluated_here.hpp"
#include "postgres/pushed_down.hpp"
#include "postgres/query_series.hpp"
#include "postgres/query_sql.hpp"
#include "postgres/sample_cursor.hpp"

namespace luminate::postgres {
namespace {

Result no_samples(const query::Plan& plan) {
  if (plan.type == QueryType::rate) return {RateResult{plan.group_by, {}}, 0, {}};
  return {AggregateResult{plan.group_by, plan.aggregations, {}}, 0, {}};
}

QuerySeries series_of(Transaction& transaction, const query::Plan& plan) {
  return QuerySeries(transaction, plan.tenant, plan.metric, plan.matchers, plan.limits.max_memory_bytes);
}

/// Within what a timestamptz holds, beyond which there is no sample.
query::Plan clipped(query::Plan plan) {
  plan.time_range.start_ms = std::max(plan.time_range.start_ms, kEarliestTime);
  plan.time_range.end_ms = std::min(plan.time_range.end_ms, kEndOfTime);
  return plan;
}

template <class PushDown>
Result evaluate(Database& database, const query::Plan& plan, const model::Call& call, const PushDown& push_down) {
  const query::Plan asked = clipped(plan);
  if (asked.time_range.start_ms >= asked.time_range.end_ms) return no_samples(plan);
  const bool date_bin = database.abilities(call).date_bin();
  if (server_has_buckets(asked)) {
    try {
      return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
        const QuerySeries series = series_of(transaction, asked);
        return series.nothing() ? no_samples(plan) : push_down(transaction, asked, series, date_bin);
      });
    } catch (const NotExact&) {
    } catch (const SqlError& error) {
      if (error.state() != kOutOfRange) throw;
    }
  }
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    const QuerySeries series = series_of(transaction, asked);
    return series.nothing() ? no_samples(plan) : evaluate_here(transaction, asked, series);
  });
}

}  // namespace

std::unique_ptr<backend::RangeCursor> range(Database& database, const query::Plan& plan, const model::Call& call) {
  using Cursor = std::unique_ptr<backend::RangeCursor>;
  if (plan.time_range.start_ms >= plan.time_range.end_ms) {
    return std::make_unique<backend::WholeRange>(Result{RangeResult{}, 0, {}});
  }
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) -> Cursor {
    QuerySeries series = series_of(transaction, plan);
    if (series.nothing()) return std::make_unique<backend::WholeRange>(Result{RangeResult{}, 0, {}});
    return std::make_unique<SampleCursor>(std::move(transaction), plan, std::move(series));
  });
}

Result aggregate(Database& database, const query::Plan& plan, const model::Call& call) {
  return evaluate(database, plan, call, push_down_aggregate);
}

Result rate(Database& database, const query::Plan& plan, const model::Call& call) {
  return evaluate(database, plan, call, push_down_rate);
}

}  // namespace luminate::postgres
