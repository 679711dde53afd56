#include "postgres/query_sql.hpp"

#include <algorithm>
#include <utility>

namespace luminate::postgres {
namespace {

std::string key_column(const std::string& key, Parameters& parameters) {
  return "coalesce(r.dimensions ->> " + parameters.add(key).last() + ", '') COLLATE \"C\"";
}

/// Which series, and the group of each: (series_id, grp). The subquery is computed before it is joined with samples.
std::string chosen(const QueryScope& scope, const std::string& more_columns, Parameters& parameters) {
  std::string group = "0::bigint";
  for (const std::string& key : scope.plan->group_by) {
    group = (&key == &scope.plan->group_by.front() ? "dense_rank() OVER (ORDER BY " : group + ", ") +
            key_column(key, parameters);
  }
  if (!scope.plan->group_by.empty()) group += ")";
  return "(SELECT r.id AS series_id, " + group + " AS grp" + more_columns + " FROM {schema}.series AS r WHERE " +
         scope.series->condition("r", parameters) + ")";
}

/// The start of a sample's bucket.
std::string bucket(const QueryScope& scope, const std::string& time, Parameters& parameters) {
  if (!scope.buckets || only_bucket(*scope.plan)) return "NULL::timestamptz";
  const std::string ms = parameters.add(static_cast<double>(*scope.plan->interval_ms)).last();
  if (!scope.date_bin) {
    return "to_timestamp(floor(round(extract(epoch FROM " + time + ")::float8 * 1000) / " + ms + ") * " + ms +
           " / 1000)";
  }
  // Not after any sample: date_bin() is wrong there in some versions.
  const std::int64_t origin =
      query::bucket_start(std::max(scope.plan->time_range.start_ms, kEarliestTime), *scope.plan->interval_ms);
  return "date_bin(make_interval(secs => " + ms + " / 1000), " + time + ", " + parameters.add_time(origin).last() + ")";
}

/// See SumColumns.
std::string sum_of(const std::string& value) {
  const std::string upper = "(" + value + ")::real::float8";
  return "sum(" + upper + "), sum(" + value + " - " + upper + "), sum(" + value + ") FILTER (WHERE " + value + " < 0)";
}

std::string limited(std::uint64_t rows, Parameters& parameters) {
  return " LIMIT " + parameters.add(static_cast<std::int64_t>(rows)).last();
}

/// FROM samples of the chosen series.
std::string samples_with_group(const QueryScope& scope, const std::string& more_columns, Parameters& parameters) {
  const std::span<const std::int64_t> few = scope.series->few();
  std::string sql = " FROM {schema}.sample AS s";
  if (!few.empty() && scope.plan->group_by.empty() && more_columns.empty()) {
    // Nothing need be known of the series.
    sql +=
        " CROSS JOIN (SELECT 0::bigint AS grp) AS c WHERE s.series_id = ANY (" + parameters.add(few).last() + ") AND ";
  } else {
    sql += " JOIN " + chosen(scope, more_columns, parameters) + " AS c ON c.series_id = s.series_id WHERE ";
  }
  return sql + in_time_range(scope.plan->time_range, "s", parameters);
}

/// One row a series: the cheapest way to bring many samples together, as the key is a number and all cores help.
std::string by_series(const QueryScope& scope, const std::string& columns, Parameters& parameters) {
  std::string sql = "(SELECT s.series_id, " + columns + " FROM {schema}.sample AS s WHERE ";
  sql += in_time_range(scope.plan->time_range, "s", parameters);
  if (const auto few = scope.series->few(); !few.empty()) {
    sql += " AND s.series_id = ANY (" + parameters.add(few).last() + ")";
  } else if (!scope.series->most()) {
    sql += " AND s.series_id IN (SELECT r.id FROM {schema}.series AS r WHERE ";
    sql += scope.series->condition("r", parameters) + ")";
  }
  return sql + " GROUP BY s.series_id)";
}

}  // namespace

std::optional<std::int64_t> only_bucket(const query::Plan& plan) {
  const std::int64_t first = query::bucket_start(plan.time_range.start_ms, *plan.interval_ms);
  const std::int64_t last = query::bucket_start(plan.time_range.end_ms - 1, *plan.interval_ms);
  return first == last ? std::optional(first) : std::nullopt;
}

bool server_has_buckets(const query::Plan& plan) {
  constexpr std::int64_t kThreeCenturies = 10'000'000'000'000;
  if (!plan.interval_ms || only_bucket(plan)) return true;
  return *plan.interval_ms < kThreeCenturies && plan.time_range.start_ms > kEarliestTime + kThreeCenturies;
}

std::string in_time_range(const TimeRange& range, const std::string& alias, Parameters& parameters) {
  std::string sql = alias + ".ts >= " + parameters.add_time(range.start_ms).last();
  return sql + " AND " + alias + ".ts < " + parameters.add_time(range.end_ms).last();
}

Statement summary_statement(const QueryScope& scope, const SummaryColumns& columns, std::uint64_t limit) {
  Statement statement;
  Parameters& parameters = statement.parameters;
  const bool in_two_steps = !scope.buckets && !columns.deviation;
  std::string inner = "count(*) AS samples";
  std::string outer = "sum(p.samples)::bigint";
  if (columns.sums) {
    inner += ", sum(s.value::real::float8) AS upper, sum(s.value - s.value::real::float8) AS lower";
    inner += ", sum(s.value) FILTER (WHERE s.value < 0) AS negative";
    outer += ", sum(p.upper), sum(p.lower), sum(p.negative)";
  }
  if (columns.extremes) {
    inner += ", min(s.value) AS minimum, max(s.value) AS maximum";
    outer += ", min(p.minimum), max(p.maximum)";
  }
  if (in_two_steps) {
    statement.sql = "SELECT c.grp, NULL::timestamptz, " + outer + " FROM " + by_series(scope, inner, parameters);
    statement.sql += " AS p JOIN " + chosen(scope, "", parameters) + " AS c ON c.series_id = p.series_id";
    statement.sql += " GROUP BY c.grp";
  } else {
    if (columns.deviation) inner += ", stddev_pop(s.value)";
    statement.sql = "SELECT c.grp, " + bucket(scope, "s.ts", parameters) + " AS bucket, " + inner;
    statement.sql += samples_with_group(scope, "", parameters) + " GROUP BY c.grp, bucket";
  }
  statement.sql += limited(limit, parameters);
  return statement;
}

Statement quantile_statement(const QueryScope& scope, std::span<const double> quantiles, std::uint64_t limit) {
  Statement statement;
  Parameters& parameters = statement.parameters;
  statement.sql = "SELECT c.grp, " + bucket(scope, "s.ts", parameters) + " AS bucket, count(*)";
  for (const double q : quantiles) {
    statement.sql += ", percentile_cont(" + parameters.add(q).last() + ") WITHIN GROUP (ORDER BY s.value)";
  }
  statement.sql += samples_with_group(scope, "", parameters) + " GROUP BY c.grp, bucket" + limited(limit, parameters);
  return statement;
}

Statement end_statement(const QueryScope& scope, End end, std::uint64_t limit) {
  Statement statement;
  Parameters& parameters = statement.parameters;
  const std::string extreme = end == End::first ? "min(s.ts)" : "max(s.ts)";
  // Of one timestamp the series that is smallest by its dimensions counts.
  const std::string place = ", row_number() OVER (ORDER BY r.canonical) AS place";
  std::string ends;
  if (scope.buckets) {
    ends = "SELECT c.grp, c.place, s.series_id, " + bucket(scope, "s.ts", parameters) + " AS bucket, " + extreme;
    ends += " AS ts" + samples_with_group(scope, place, parameters) + " GROUP BY c.grp, c.place, s.series_id, bucket";
  } else {
    ends = "SELECT c.grp, c.place, p.series_id, NULL::timestamptz AS bucket, p.ts FROM ";
    ends += by_series(scope, extreme + " AS ts", parameters) + " AS p";
    ends += " JOIN " + chosen(scope, place, parameters) + " AS c ON c.series_id = p.series_id";
  }
  statement.sql = "SELECT e.grp, e.bucket, NULL::bigint,";
  statement.sql += " (SELECT s.value FROM {schema}.sample AS s WHERE s.series_id = e.series_id AND s.ts = e.ts AND ";
  statement.sql += in_time_range(scope.plan->time_range, "s", parameters) + ")";
  statement.sql += " FROM (SELECT DISTINCT ON (grp, bucket) grp, bucket, series_id, ts FROM (" + ends + ") AS a";
  statement.sql += std::string(" ORDER BY grp, bucket, ts") + (end == End::first ? "" : " DESC") + ", place";
  statement.sql += limited(limit, parameters) + ") AS e";
  return statement;
}

Statement step_statement(const QueryScope& scope, Step step, std::uint64_t limit) {
  Statement statement;
  Parameters& parameters = statement.parameters;
  const std::string term = step == Step::integral ? "value * date_part('epoch', ts - before_ts)"
                                                  : "CASE WHEN value >= before THEN value - before ELSE value END";
  std::string pairs = "SELECT c.grp, s.series_id, s.ts, s.value, lag(s.value) OVER w AS before";
  if (step == Step::integral) pairs += ", lag(s.ts) OVER w AS before_ts";
  pairs += samples_with_group(scope, "", parameters) + " WINDOW w AS (PARTITION BY s.series_id ORDER BY s.ts)";

  statement.sql = "SELECT t.grp, " + bucket(scope, "t.ts", parameters) + " AS bucket, count(*), " + sum_of("t.term");
  statement.sql += ", count(t.before)";
  statement.sql += " FROM (SELECT grp, ts, before, CASE WHEN before IS NOT NULL THEN " + term + " END AS term FROM (";
  statement.sql += pairs + ") AS p) AS t GROUP BY t.grp, bucket" + limited(limit, parameters);
  return statement;
}

Statement count_statement(const QueryScope& scope) {
  Statement statement;
  statement.sql = "SELECT coalesce(sum(p.samples), 0)::bigint FROM ";
  statement.sql += by_series(scope, "count(*) AS samples", statement.parameters) + " AS p";
  // Where all samples were read there may be others among them.
  statement.sql += " WHERE p.series_id IN (SELECT r.id FROM {schema}.series AS r WHERE ";
  statement.sql += scope.series->condition("r", statement.parameters) + ")";
  return statement;
}

Statement group_names(const QueryScope& scope, std::span<const std::int64_t> groups) {
  Statement statement;
  std::string columns;
  std::string names;
  for (std::size_t i = 0; i < scope.plan->group_by.size(); ++i) {
    const std::string name = "key" + std::to_string(i);
    columns += ", " + key_column(scope.plan->group_by[i], statement.parameters) + " AS " + name;
    names += ", c." + name;
  }
  statement.sql = "SELECT DISTINCT c.grp" + names + " FROM " + chosen(scope, columns, statement.parameters) + " AS c";
  statement.sql += " WHERE c.grp = ANY (" + statement.parameters.add(groups).last() + ")";
  return statement;
}

}  // namespace luminate::postgres
