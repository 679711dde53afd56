#pragma once

#include <luminate/result.hpp>

#include "postgres/query_series.hpp"
#include "query/plan.hpp"

namespace luminate::postgres {

/// An aggregate or rate query over samples that are fetched and given to the engine: exact whatever the values are, for
/// the queries that PostgreSQL would answer with an error or a number that is off.
Result evaluate_here(Transaction& transaction, const query::Plan& plan, const QuerySeries& series);

}  // namespace luminate::postgres
