#pragma once

#include <luminate/query.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "query/matcher.hpp"

namespace luminate::query {

/// A query that passed every check: absolute times, compiled filters, limits filled in. What backends evaluate.
struct Plan {
  QueryType type = QueryType::aggregate;
  std::string tenant;
  std::string metric;
  TimeRange time_range;
  std::vector<Matcher> matchers;  ///< ANDed.
  std::vector<Aggregation> aggregations;
  std::vector<std::string> group_by;
  std::optional<std::int64_t> interval_ms;  ///< Always set for rate.
  std::optional<std::size_t> limit;         ///< Always set for range, never above limits.max_result_points there.
  bool ascending = false;
  std::chrono::milliseconds timeout{};
  QueryLimits limits;
};

/// @throws Error invalid_query whose field() is the path of the offending field in the JSON form; reserved_dimension
/// for a filter on, or a grouping by, the tenant dimension.
Plan make_plan(const Query& query, std::string_view tenant, const QueryLimits& limits, std::int64_t now_ms);

/// The start of the bucket that a timestamp falls into: the largest multiple of the interval that is not after it, or
/// the earliest int64 where that multiple is before it.
constexpr std::int64_t bucket_start(std::int64_t timestamp_ms, std::int64_t interval_ms) noexcept {
  const std::int64_t remainder = timestamp_ms % interval_ms;
  if (remainder >= 0) return timestamp_ms - remainder;
  constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
  const std::int64_t next = timestamp_ms - remainder;  // The multiple after it.
  return next >= kEarliest + interval_ms ? next - interval_ms : kEarliest;
}

}  // namespace luminate::query
