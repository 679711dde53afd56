#include "postgres/series_resolver.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <span>

#include "backend/cardinality.hpp"
#include "model/dimension_set.hpp"
#include "postgres/locks.hpp"

namespace luminate::postgres {
namespace {

/// The form that the column `canonical` holds: keys and values, with a character between them that no text has.
std::string stored_form(std::string_view canonical) {
  std::string text;
  text.reserve(canonical.size());
  for (model::DimensionReader reader(canonical); const auto dimension = reader.next();) {
    if (!text.empty()) text += '\x01';
    text.append(dimension->first).append(1, '\x01').append(dimension->second);
  }
  return text;
}

std::int64_t as_number(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

/// Some of the metrics, as parameters: tenants and names.
struct MetricList {
  std::vector<std::size_t> indices{};
  std::vector<std::string_view> tenants{};
  std::vector<std::string_view> names{};

  void add(const Names& from, std::size_t index) {
    indices.push_back(index);
    tenants.push_back(from.metrics[index].tenant);
    names.push_back(from.metrics[index].name);
  }
  Parameters& add_to(Parameters& parameters) const {
    return parameters.add(std::span<const std::string_view>(tenants)).add(std::span<const std::string_view>(names));
  }
};

/// Some of the series, as parameters: the metrics' positions in a list, from 1, and dimensions.
struct SeriesList {
  std::vector<std::size_t> indices{};
  std::vector<std::int64_t> metrics{};
  std::vector<std::string> dimensions{};

  Parameters& add_to(Parameters& parameters) const {
    return parameters.add(std::span<const std::int64_t>(metrics)).add(std::span<const std::string>(dimensions));
  }
};

MetricList metrics_without_id(const Names& names) {
  MetricList list;
  for (std::size_t i = 0; i < names.metrics.size(); ++i) {
    if (names.metric_ids[i] == 0) list.add(names, i);
  }
  return list;
}

SeriesList series_without_id(const Names& names) {
  SeriesList list;
  for (std::size_t i = 0; i < names.series.size(); ++i) {
    if (names.series_ids[i] != 0) continue;
    list.indices.push_back(i);
    list.metrics.push_back(std::int64_t{names.metric_of[i]} + 1);
    list.dimensions.push_back(stored_form(names.series[i].canonical));
  }
  return list;
}

MetricList all_metrics(const Names& names) {
  MetricList list;
  for (std::size_t i = 0; i < names.metrics.size(); ++i) list.add(names, i);
  return list;
}

Statement lock_by_name(std::string_view schema, const MetricList& metrics) {
  // The subquery is ordered, and so is the locking.
  Statement statement{
      "SELECT pg_advisory_xact_lock_shared($1::int4, bucket::int4) FROM ("
      "SELECT DISTINCT m.id % 64 AS bucket FROM unnest($2, $3) AS k(tenant, name)"
      " JOIN {schema}.metric m ON m.tenant = k.tenant AND m.name = k.name ORDER BY 1) AS b"};
  static_assert(bucket_of(63) == 63 && bucket_of(64) == 0, "the text above says how many buckets there are");
  statement.parameters.add(std::int64_t{lock_class(schema, Lock::series)});
  metrics.add_to(statement.parameters);
  return statement;
}

Statement find_metrics(const MetricList& metrics) {
  Statement statement{
      "SELECT k.position, m.id FROM unnest($1, $2) WITH ORDINALITY AS k(tenant, name, position)"
      " JOIN {schema}.metric m ON m.tenant = k.tenant AND m.name = k.name"};
  metrics.add_to(statement.parameters);
  return statement;
}

// LIMIT keeps the planner from joining with the whole table instead of asking the index for each series.
constexpr std::string_view kWantedSeries =
    "WITH wanted AS MATERIALIZED ("
    "SELECT w.position, m.id AS metric_id, m.series AS there, w.canonical,"
    " sha256(convert_to(w.canonical, 'UTF8')) AS fingerprint"
    " FROM unnest($3, $4) WITH ORDINALITY AS w(metric, canonical, position)"
    " JOIN unnest($1, $2) WITH ORDINALITY AS k(tenant, name, position) ON k.position = w.metric"
    " JOIN {schema}.metric m ON m.tenant = k.tenant AND m.name = k.name"
    "), found AS MATERIALIZED ("
    "SELECT w.*, s.id FROM wanted w LEFT JOIN LATERAL ("
    "SELECT s.id FROM {schema}.series s WHERE s.metric_id = w.metric_id AND s.fingerprint = w.fingerprint LIMIT 1"
    ") AS s ON true)";

Statement find_series(const MetricList& metrics, const SeriesList& series) {
  Statement statement{std::string(kWantedSeries) + " SELECT position, id FROM found WHERE id IS NOT NULL"};
  metrics.add_to(statement.parameters);
  series.add_to(statement.parameters);
  return statement;
}

/// Numbers are drawn before the series are inserted, since the planner, who expects few, would join what is returned
/// with what was wanted in quadratic time.
/// @pre the rows of the metrics are locked, so that nobody else adds series: `there` is right.
Statement make_series(const MetricList& metrics, const SeriesList& series, std::size_t limit) {
  Statement statement{
      std::string(kWantedSeries) +
      ", missing AS ("
      "SELECT *, row_number() OVER (PARTITION BY metric_id ORDER BY position) AS nth FROM found WHERE id IS NULL"
      "), chosen AS MATERIALIZED ("
      "SELECT position, metric_id, fingerprint, canonical,"
      " nextval(pg_get_serial_sequence('{schema}.series', 'id')) AS new_id"
      " FROM (SELECT * FROM missing WHERE nth <= $5 - there ORDER BY position) AS m"
      "), made AS ("
      "INSERT INTO {schema}.series (id, metric_id, fingerprint, dimensions, canonical) OVERRIDING SYSTEM VALUE"
      " SELECT new_id, metric_id, fingerprint, jsonb_object(string_to_array(canonical, E'\\x01')), canonical FROM "
      "chosen"
      "), counted AS ("
      "UPDATE {schema}.metric m SET series = m.series + n.made"
      " FROM (SELECT metric_id, count(*) AS made FROM chosen GROUP BY metric_id) AS n WHERE m.id = n.metric_id"
      ") SELECT position, id, false FROM found WHERE id IS NOT NULL UNION ALL SELECT position, new_id, true FROM "
      "chosen"};
  metrics.add_to(statement.parameters);
  series.add_to(statement.parameters).add(as_number(limit));
  return statement;
}

/// @pre whoever makes metrics of the tenant holds its lock.
Statement make_metrics(std::string_view tenant, std::span<const std::string_view> names, std::size_t limit) {
  Statement statement{
      "INSERT INTO {schema}.metric (tenant, name)"
      " SELECT $1, k.name FROM unnest($2) WITH ORDINALITY AS k(name, position)"
      " WHERE NOT EXISTS (SELECT FROM {schema}.metric m WHERE m.tenant = $1 AND m.name = k.name)"
      " ORDER BY k.position"
      " LIMIT greatest(0, $3 - (SELECT count(*) FROM {schema}.metric m WHERE m.tenant = $1)) RETURNING id"};
  statement.parameters.add(tenant).add(names).add(as_number(limit));
  return statement;
}

Statement count_metrics(std::string_view tenant) {
  Statement statement{"SELECT count(*)::bigint FROM {schema}.metric WHERE tenant = $1::text"};
  statement.parameters.add(tenant);
  return statement;
}

Statement lock_rows(const MetricList& metrics) {
  Statement statement{
      "SELECT k.position, m.id, m.series FROM unnest($1, $2) WITH ORDINALITY AS k(tenant, name, position)"
      " JOIN {schema}.metric m ON m.tenant = k.tenant AND m.name = k.name ORDER BY m.id FOR NO KEY UPDATE OF m"};
  metrics.add_to(statement.parameters);
  return statement;
}

/// By their index, whether their tenants may have one more.
std::vector<bool> which_would_fit(Transaction& transaction, const MetricList& metrics, const CardinalityLimits& limits,
                                  std::size_t count) {
  Parameters parameters;
  parameters.add(std::span<const std::string_view>(metrics.tenants)).add(as_number(limits.max_metrics));
  const Rows rows = transaction.run(
      "SELECT (SELECT count(*) FROM {schema}.metric m WHERE m.tenant = k.tenant) < $2"
      " FROM unnest($1) WITH ORDINALITY AS k(tenant, position) ORDER BY k.position",
      std::move(parameters));
  std::vector<bool> fits(count, true);
  for (std::size_t row = 0; row < rows.size(); ++row) fits.at(metrics.indices.at(row)) = rows.boolean(row, 0);
  return fits;
}

/// Takes pairs of a position, from 1, and an id.
void take_ids(const Rows& rows, const std::vector<std::size_t>& indices, std::vector<std::int64_t>& ids) {
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ids.at(indices.at(static_cast<std::size_t>(rows.integer(row, 0)) - 1)) = rows.integer(row, 1);
  }
}

/// How many series metrics have more, from the answers to lock_rows() and make_series().
void add_growths(const Rows& locked, const std::vector<std::size_t>& metrics, const Rows& made,
                 const std::vector<std::size_t>& series, Names& names) {
  std::vector<std::uint64_t> more(names.metrics.size(), 0);
  for (std::size_t row = 0; row < made.size(); ++row) {
    if (made.boolean(row, 2)) ++more[names.metric_of[series.at(static_cast<std::size_t>(made.integer(row, 0)) - 1)]];
  }
  for (std::size_t row = 0; row < locked.size(); ++row) {
    const std::size_t metric = metrics.at(static_cast<std::size_t>(locked.integer(row, 0)) - 1);
    if (more[metric] == 0) continue;
    const auto before = static_cast<std::uint64_t>(locked.integer(row, 2));
    const MetricName& name = names.metrics[metric];
    names.growths.push_back({std::string(name.tenant), std::string(name.name), before, before + more[metric]});
  }
}

}  // namespace

bool Names::complete() const noexcept {
  return std::ranges::find(series_ids, 0) == series_ids.end() && std::ranges::find(metric_ids, 0) == metric_ids.end();
}

void Names::spread_metric_ids() noexcept {
  for (std::size_t i = 0; i < series.size(); ++i) series[i].metric = metric_ids[metric_of[i]];
}

Statement lock_metrics(std::string_view schema, const Names& names) {
  std::set<std::int64_t> buckets;
  for (const std::int64_t id : names.metric_ids) {
    if (id != 0) buckets.insert(bucket_of(id));
  }
  const std::vector<std::int64_t> ordered(buckets.begin(), buckets.end());
  return lock_statement(schema, Lock::series, LockMode::shared, ordered);
}

std::int64_t look_up(Transaction& transaction, std::string_view schema, Names& names, std::vector<Statement> before) {
  const MetricList unknown_metrics = metrics_without_id(names);
  const SeriesList unknown_series = series_without_id(names);
  const MetricList metrics = all_metrics(names);
  std::size_t next = before.size();
  std::vector<Statement> statements = std::move(before);
  statements.push_back(unknown_metrics.indices.empty() ? lock_metrics(schema, names) : lock_by_name(schema, metrics));
  statements.push_back({"SELECT value FROM {schema}.generation"});
  if (!unknown_metrics.indices.empty()) statements.push_back(find_metrics(unknown_metrics));
  if (!unknown_series.indices.empty()) statements.push_back(find_series(metrics, unknown_series));
  const std::vector<Rows> answers = transaction.run(std::move(statements));

  ++next;
  const std::int64_t generation = answers.at(next++).integer(0, 0);
  if (!unknown_metrics.indices.empty()) take_ids(answers.at(next++), unknown_metrics.indices, names.metric_ids);
  if (!unknown_series.indices.empty()) take_ids(answers.at(next), unknown_series.indices, names.series_ids);
  names.spread_metric_ids();
  return generation;
}

void create_missing(Transaction& transaction, std::string_view schema, const CardinalityLimits& limits, Names& names) {
  const MetricList new_metrics = metrics_without_id(names);
  if (limits.max_series_per_metric == 0) {  // Nor metrics, which would stay without series.
    names.metric_fits = which_would_fit(transaction, new_metrics, limits, names.metrics.size());
    return;
  }
  const SeriesList missing = series_without_id(names);
  std::vector<Statement> statements;
  std::map<std::string_view, std::vector<std::string_view>> by_tenant;
  if (!new_metrics.indices.empty()) {
    std::set<std::int64_t> tenant_numbers;
    for (std::size_t i = 0; i < new_metrics.indices.size(); ++i) {
      by_tenant[new_metrics.tenants[i]].push_back(new_metrics.names[i]);
      tenant_numbers.insert(tenant_number(new_metrics.tenants[i]));
    }
    const std::vector<std::int64_t> ordered(tenant_numbers.begin(), tenant_numbers.end());
    statements.push_back(lock_statement(schema, Lock::tenant, LockMode::exclusive, ordered));
    for (const auto& [tenant, list] : by_tenant) {
      statements.push_back(make_metrics(tenant, list, limits.max_metrics));
      statements.push_back(count_metrics(tenant));
    }
    statements.push_back(lock_by_name(schema, new_metrics));  // Another server may have made one just now.
  }
  std::vector<bool> concerned(names.metrics.size(), false);
  for (const std::size_t index : missing.indices) concerned[names.metric_of[index]] = true;
  MetricList to_lock;
  for (std::size_t i = 0; i < concerned.size(); ++i) {
    if (concerned[i]) to_lock.add(names, i);
  }
  statements.push_back(lock_rows(to_lock));
  statements.push_back(make_series(all_metrics(names), missing, limits.max_series_per_metric));
  const std::vector<Rows> answers = transaction.run(std::move(statements));
  take_ids(answers.at(answers.size() - 2), to_lock.indices, names.metric_ids);
  take_ids(answers.back(), missing.indices, names.series_ids);
  names.spread_metric_ids();
  std::size_t next = 1;
  for (const auto& [tenant, list] : by_tenant) {
    const std::uint64_t made = answers.at(next).size();
    const auto after = static_cast<std::uint64_t>(answers.at(next + 1).integer(0, 0));
    if (made > 0) names.growths.push_back({std::string(tenant), "", after - made, after});
    next += 2;
  }
  add_growths(answers.at(answers.size() - 2), to_lock.indices, answers.back(), missing.indices, names);
}

std::string refusal_of(const Names& names, std::size_t series, const CardinalityLimits& limits) {
  const std::size_t metric = names.metric_of[series];
  const std::string_view name = names.metrics[metric].name;
  const bool metric_fits = !names.metric_fits.empty() && names.metric_fits[metric];
  if (names.metric_ids[metric] == 0 && !metric_fits) return backend::refusal_of_metric(name, limits);
  return backend::refusal_of_series(name, limits);
}

}  // namespace luminate::postgres
