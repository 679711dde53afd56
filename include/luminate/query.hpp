#pragma once

#include <luminate/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace luminate {

/// Half-open: `[start_ms, end_ms)`, Unix milliseconds.
struct TimeRange {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
};

/// A time range that ends when the query runs: the last `length`, the current millisecond included.
struct RelativeRange {
  std::chrono::milliseconds length{};
};

enum class QueryType : std::int32_t { range = 1, aggregate = 2, rate = 3 };

/// What is computed over the samples of a group. docs/queries.md has the definitions.
struct Aggregation {
  enum class Kind : std::int32_t {
    avg = 1,
    sum = 2,
    count = 3,
    min = 4,
    max = 5,
    quantile = 6,
    integral = 7,
    first = 8,
    last = 9,
    stddev = 10,
  };
  Kind kind = Kind::avg;
  double q = 0;  ///< For Kind::quantile: 0 <= q <= 1.

  static Aggregation quantile(double q) { return {Kind::quantile, q}; }

  /// As it appears in queries and answers: "avg", "p95" (for 0.5, 0.95 and 0.99), "quantile(0.9)".
  std::string name() const;
  /// The reverse of name(). Empty for anything else.
  static std::optional<Aggregation> parse(std::string_view name);

  friend bool operator==(const Aggregation&, const Aggregation&) = default;
};

/// One condition on one dimension. A series that lacks the dimension has the empty string for `is_not`,
/// `matches_not` and for a `matches` that matches empty; it never equals a value.
struct Filter {
  enum class Kind : std::int32_t {
    any_of = 1,       ///< Equals one of `operands`.
    is_not = 2,       ///< Differs from operands[0].
    matches = 3,      ///< operands[0], an RE2 expression, matches the whole value.
    matches_not = 4,  ///< It does not.
  };
  std::string key{};
  Kind kind = Kind::any_of;
  std::vector<std::string> operands{};
};

/// What the limits of a store allow one query.
struct QueryLimits {
  std::chrono::milliseconds default_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds max_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds max_time_range = std::chrono::hours(90 * 24);
  std::size_t max_result_points = 10'000;  ///< Of a range query.
  std::size_t max_groups = 1'000;
  std::size_t max_rows = 1'000'000;  ///< Groups x buckets, of an answer with an interval.
  /// For what one query has to keep at once, such as all values for an exact percentile: beyond it the query fails with
  /// result_limit_exceeded. 256 MiB hold about 30 million values.
  std::size_t max_memory_bytes = 268'435'456;
  /// Threads that one query may run on, its caller's among them. All queries of a store share as many. 0: one a core.
  std::size_t max_threads = 0;
};

/// A question to a store: a plain value, written by hand, built in steps, or parsed from JSON.
///
///     auto query = luminate::Query::aggregate("api_latency", {Aggregation::quantile(0.95)})
///                      .last(std::chrono::hours(24))
///                      .where("region", "eu")
///                      .by({"customer_id"});
///     luminate::Result result = store.query(query);
///
/// Nothing is checked until the store runs it; then whatever is wrong throws Error invalid_query naming the field.
struct Query {
  QueryType type = QueryType::aggregate;
  std::string metric;
  std::variant<RelativeRange, TimeRange> time_range;
  std::vector<Filter> filters;            ///< ANDed. Several filters may name one key.
  std::vector<Aggregation> aggregations;  ///< Of an aggregate query, at least one. The first one orders the answer.
  std::vector<std::string> group_by;
  std::optional<std::chrono::milliseconds> interval;  ///< Bucket length. For rate: one minute unless given.
  std::optional<std::size_t> limit;                   ///< Samples of a range query, groups of the others.
  bool ascending = false;  ///< Smallest value first, instead of largest. Not for range queries.
  std::optional<std::chrono::milliseconds> timeout;

  static Query range(std::string metric);
  static Query aggregate(std::string metric, std::vector<Aggregation> aggregations);
  static Query rate(std::string metric);

  Query& between(std::int64_t start_ms, std::int64_t end_ms);
  Query& last(std::chrono::milliseconds length);
  Query& where(std::string key, std::string value);
  Query& where_any(std::string key, std::vector<std::string> values);
  Query& where_not(std::string key, std::string value);
  Query& where_matches(std::string key, std::string expression);
  Query& where_not_matches(std::string key, std::string expression);
  Query& by(std::vector<std::string> keys);
  Query& every(std::chrono::milliseconds bucket);
  Query& top(std::size_t groups);

  /// Reads the JSON form of docs/queries.md. @throws Error invalid_query: not JSON, deeper than 16 levels, larger than
  /// 1 MiB, an unknown or repeated field, a wrong type; field() is a path such as "timeRange.start".
  static Query parse_json(std::string_view json);
};

/// Reads the "filters" object of a query alone, `{"region": "eu", "host": {"not": "h1"}}`. Throws as Query::parse_json.
std::vector<Filter> parse_filters_json(std::string_view json);

/// Reads `500ms`, `30s`, `5m`, `1h`, `7d`, `2w`, and sums such as `1h30m`, largest unit first and each at most once.
/// Empty for anything else, for negative durations and for those beyond 2^63 - 1 ms.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The reverse, in days and smaller units: `90d`, `1h30m`, `0ms`. Negative durations are shown as `0ms`.
std::string format_duration(std::chrono::milliseconds length);

/// Reads an RFC 3339 instant (`2026-01-31T12:00:00Z`, fractions and offsets included) or Unix milliseconds in decimal
/// digits, as Unix milliseconds; finer fractions are cut. Empty for anything else, leap seconds (second 60) included.
std::optional<std::int64_t> parse_instant(std::string_view text);

}  // namespace luminate
