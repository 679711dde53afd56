#include "postgres/discovery_sql.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace luminate::postgres::sql {
namespace {

/// `ts >= $1 AND ts < $2`, with whatever numbers. Constants for the planner, which leaves other days' partitions out.
std::string in_range(const TimeRange& range, Parameters& parameters) {
  std::string text = "p.ts >= " + parameters.add_time(range.start_ms).last();
  return text + " AND p.ts < " + parameters.add_time(range.end_ms).last();
}

std::string of_metric(std::int64_t metric, Parameters& parameters) {
  return "s.metric_id = " + parameters.add(metric).last() + "::int";
}

}  // namespace

std::int64_t row_limit(std::size_t limit) noexcept {
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(limit, kMost));
}

std::string has_samples(const std::optional<TimeRange>& range, Parameters& parameters) {
  if (!range) return "";
  return " AND EXISTS (SELECT FROM {schema}.sample p WHERE p.series_id = s.id AND " + in_range(*range, parameters) +
         ")";
}

std::string metrics_by_first_series(const backend::ListRequest& request, Parameters& parameters) {
  const std::string tenant = parameters.add(request.tenant).last();
  const std::string prefix = parameters.add(request.prefix).last();
  const std::string range = in_range(*request.time_range, parameters);
  // LIMIT keeps the looks apart: joined into one, they may become a scan of all series for each metric.
  return R"(
      SELECT m.id::bigint, m.name,
             EXISTS (SELECT FROM (SELECT s.id FROM {schema}.series s WHERE s.metric_id = m.id
                                  ORDER BY s.fingerprint LIMIT 32) s
                     CROSS JOIN LATERAL (SELECT FROM {schema}.sample p WHERE p.series_id = s.id AND )" +
         range + R"( LIMIT 1) x),
             m.series > 32
      FROM {schema}.metric m WHERE m.tenant = )" +
         tenant + "::text AND m.name >= " + prefix + "::text AND starts_with(m.name, " + prefix +
         "::text) ORDER BY m.name";
}

std::string metrics_by_samples(const std::vector<std::int64_t>& metrics, const backend::ListRequest& request,
                               Parameters& parameters) {
  const std::string ids = parameters.add(std::span<const std::int64_t>(metrics)).last();
  return "SELECT m.name FROM {schema}.metric m WHERE m.id = ANY (" + ids +
         ") AND EXISTS (SELECT FROM {schema}.series s JOIN {schema}.sample p ON p.series_id = s.id"
         " WHERE s.metric_id = m.id AND " +
         in_range(*request.time_range, parameters) + ")";
}

std::string keys_beside(std::int64_t metric, const std::vector<std::string>& known,
                        const std::optional<TimeRange>& range, Parameters& parameters) {
  const std::string where = of_metric(metric, parameters);
  const std::string keys = parameters.add(std::span<const std::string>(known)).last();
  return "SELECT DISTINCT jsonb_object_keys(s.dimensions) FROM (SELECT s.dimensions FROM {schema}.series s WHERE " +
         where + " AND s.dimensions - " + keys + " <> '{}'" + has_samples(range, parameters) + " LIMIT 1000) s";
}

std::string all_keys(std::int64_t metric, const std::optional<TimeRange>& range, Parameters& parameters) {
  const std::string where = of_metric(metric, parameters);
  return "SELECT DISTINCT jsonb_object_keys(s.dimensions) COLLATE \"C\" FROM {schema}.series s WHERE " + where +
         has_samples(range, parameters);
}

std::string values(std::int64_t metric, std::string_view key, const backend::ListRequest& request,
                   Parameters& parameters) {
  const std::string where = of_metric(metric, parameters);
  const std::string name = parameters.add(key).last();
  // Grouped by bytes, as they are ordered: by the rules of a language it takes twice as long.
  std::string text = "SELECT v FROM (SELECT (s.dimensions ->> " + name +
                     ") COLLATE \"C\" AS v, count(*) AS n FROM {schema}.series s WHERE " + where +
                     " AND s.dimensions ? " + name;
  if (!request.prefix.empty()) {
    text += " AND starts_with(s.dimensions ->> " + name + ", " + parameters.add(request.prefix).last() + ")";
  }
  text += has_samples(request.time_range, parameters);
  return text + " GROUP BY 1) x ORDER BY n DESC, v LIMIT " + parameters.add(row_limit(request.limit)).last();
}

std::string cardinality(std::string_view tenant, std::optional<std::int64_t> metric, std::int64_t limit,
                        Parameters& parameters) {
  std::string where;
  if (metric) {
    where = of_metric(*metric, parameters);
  } else {
    where = "s.metric_id IN (SELECT id FROM {schema}.metric WHERE tenant = " + parameters.add(tenant).last() + ")";
  }
  const std::string most = " LIMIT " + parameters.add(limit).last();
  return R"(
      WITH counts AS MATERIALIZED (
        SELECT s.metric_id, d.key COLLATE "C" AS key, d.value COLLATE "C" AS value, count(*) AS n
        FROM {schema}.series s CROSS JOIN LATERAL jsonb_each_text(s.dimensions) d WHERE )" +
         where + R"( GROUP BY 1, 2, 3),
      keys AS (
        SELECT m.name, k.key, k.n, k.carriers
        FROM (SELECT metric_id, key, count(*) AS n, sum(n)::bigint AS carriers FROM counts GROUP BY 1, 2) k
        JOIN {schema}.metric m ON m.id = k.metric_id ORDER BY k.n DESC, m.name, k.key)" +
         most + R"(),
      vals AS (
        SELECT m.name, c.key, c.value, c.n FROM counts c JOIN {schema}.metric m ON m.id = c.metric_id
        ORDER BY c.n DESC, m.name, c.key, c.value)" +
         most + R"()
      SELECT name, key, NULL::text, n, carriers FROM keys
      UNION ALL SELECT name, key, value, NULL::bigint, n FROM vals)";
}

}  // namespace luminate::postgres::sql
