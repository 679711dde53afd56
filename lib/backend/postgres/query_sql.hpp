#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "postgres/query_series.hpp"
#include "query/plan.hpp"

// The SQL texts of aggregate and rate queries. All give rows of
//     group number, start of the bucket (null without buckets), number of samples, ...
// Groups are numbered in the order of their keys. group_names() says who they are.
namespace luminate::postgres {

struct QueryScope {
  const query::Plan* plan;
  const QuerySeries* series;
  bool date_bin;  ///< The server has this function.
  bool buckets;   ///< Otherwise a row is about the whole time range.
};

/// The bucket that all samples are in, where that is one; else the buckets are told apart by the server.
std::optional<std::int64_t> only_bucket(const query::Plan& plan);
/// Whether the server can tell them apart: not those that begin before its calendar does, or last for centuries.
bool server_has_buckets(const query::Plan& plan);

/// What a sum is read from: three columns. A sum of doubles in the order of the server may be off by many bits; so
/// each value is cut in two halves that are added up apart, the upper one with bits to spare. How much of it is below
/// zero tells when sums cancel one another.
struct SumColumns {
  static constexpr int kCount = 3;
  int first = 0;  ///< Its number in the row.
};

/// count, sum, avg, min, max and stddev.
struct SummaryColumns {
  bool sums = false;
  bool extremes = false;
  bool deviation = false;

  SumColumns sum{3};
  int minimum() const noexcept { return 3 + (sums ? SumColumns::kCount : 0); }
  int maximum() const noexcept { return minimum() + 1; }
  int deviation_column() const noexcept { return minimum() + (extremes ? 2 : 0); }
};
Statement summary_statement(const QueryScope& scope, const SummaryColumns& columns, std::uint64_t limit);

/// A column for each of `quantiles`.
Statement quantile_statement(const QueryScope& scope, std::span<const double> quantiles, std::uint64_t limit);

/// The value at the first or the last timestamp. The number of samples is null.
enum class End { first, last };
Statement end_statement(const QueryScope& scope, End end, std::uint64_t limit);

/// Sums over consecutive samples of each series: SumColumns at 3, then the number of pairs.
enum class Step { integral, increase };
Statement step_statement(const QueryScope& scope, Step step, std::uint64_t limit);

/// The number of samples, alone in its row.
Statement count_statement(const QueryScope& scope);

/// Group number, then a column for each key.
Statement group_names(const QueryScope& scope, std::span<const std::int64_t> groups);

/// The condition on {schema}.sample AS `alias`, which prunes partitions.
std::string in_time_range(const TimeRange& range, const std::string& alias, Parameters& parameters);

}  // namespace luminate::postgres
