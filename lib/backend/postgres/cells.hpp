#pragma once

#include <luminate/query.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "postgres/query_sql.hpp"
#include "postgres/transaction.hpp"

// From the rows of query_sql.hpp's statements to numbers.
namespace luminate::postgres {

/// By bucket (0 where there are none), then by group number: the order of answers with buckets.
using CellKey = std::pair<std::int64_t, std::int64_t>;
struct Cell {
  std::uint64_t count = 0;
  std::vector<double> values;  ///< One for each aggregation.
};
using Cells = std::map<CellKey, Cell>;

/// The sum, as near to what the values add up to as doubles get. @throws NotExact.
double read_sum(const Rows& rows, std::size_t row, SumColumns columns);

/// The key of a row.
CellKey cell_key(const QueryScope& scope, const Rows& rows, std::size_t row);

/// What a query asks, of each cell. Ends early where there are more of them than max_rows, or max_groups without
/// buckets; then there is one too many.
Cells compute_cells(Transaction& transaction, const QueryScope& scope, std::span<const Aggregation> aggregations);

/// @throws Error result_limit_exceeded for too many groups, then for too many rows.
void check_limits(Transaction& transaction, const QueryScope& scope, const Cells& cells);

/// The values of the keys, by group number.
std::map<std::int64_t, std::vector<std::string>> read_group_names(Transaction& transaction, const QueryScope& scope,
                                                                  const std::set<std::int64_t>& groups);

/// The groups with the highest value, or the lowest, in that order; equal ones by key. At most plan.limit.
std::vector<std::int64_t> rank(std::vector<std::pair<std::int64_t, double>> groups, const query::Plan& plan);

}  // namespace luminate::postgres
