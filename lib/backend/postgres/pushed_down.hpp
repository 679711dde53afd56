#pragma once

#include <luminate/result.hpp>

#include "postgres/query_series.hpp"
#include "postgres/transaction.hpp"
#include "query/plan.hpp"

// Aggregate and rate queries that PostgreSQL computes.
namespace luminate::postgres {

/// Thrown where PostgreSQL's answer would be off by more than the last bits: sums that cancel one another. Overflows
/// show as SqlError kOutOfRange. evaluate_here() does better, and is slower.
struct NotExact {};

/// @throws NotExact, Error.
Result push_down_aggregate(Transaction& transaction, const query::Plan& plan, const QuerySeries& series, bool date_bin);
Result push_down_rate(Transaction& transaction, const query::Plan& plan, const QuerySeries& series, bool date_bin);

}  // namespace luminate::postgres
