#include "postgres/series_filter.hpp"

#include <algorithm>
#include <utility>

#include "query/json.hpp"

namespace luminate::postgres {
namespace {

using query::Matcher;

/// Up to so many values are looked for one by one, in the GIN index where it has them; more are joined as a table.
constexpr std::size_t kFewValues = 64;

bool is_expression(const Matcher& matcher) {
  return matcher.filter().kind == Filter::Kind::matches || matcher.filter().kind == Filter::Kind::matches_not;
}

/// {"key":"value"}
std::string object(std::string_view key, std::string_view value) {
  std::string json = "{";
  query::append_json_string(json, key);
  json += ':';
  query::append_json_string(json, value);
  return json + "}";
}

/// The value of a dimension, as text, '' where it is missing. No dimension has an empty value.
std::string value_of(std::string_view alias, std::string_view key, Parameters& parameters) {
  parameters.add(key);
  return "coalesce(" + std::string(alias) + ".dimensions ->> " + parameters.last() + ", '')";
}

}  // namespace

SeriesFilter::SeriesFilter(std::string_view tenant, std::string_view metric, std::span<const Matcher> matchers)
    : tenant_(tenant), metric_(metric), nothing_(!storable(tenant) || !storable(metric)) {
  for (const Matcher& matcher : matchers) {
    if (!nothing_ && !is_expression(matcher)) add_list(matcher);
  }
}

SeriesFilter::SeriesFilter(Transaction& transaction, Access access, std::string_view tenant, std::string_view metric,
                           std::span<const Matcher> matchers)
    : SeriesFilter(tenant, metric, matchers) {
  if (!nothing_) found_metric(transaction.run({find_metric()}).front());
  // Last, as what the database can decide leaves fewer values to look at.
  for (const Matcher& matcher : matchers) {
    if (!nothing_ && is_expression(matcher)) add_expression(transaction, access, matcher);
  }
}

bool SeriesFilter::decided_by_server(std::span<const Matcher> matchers) {
  return std::none_of(matchers.begin(), matchers.end(), is_expression);
}

Statement SeriesFilter::find_metric() const {
  return {.sql = "SELECT id, series FROM {schema}.metric WHERE tenant = $1 AND name = $2",
          .parameters = std::move(Parameters().add(tenant_).add(metric_))};
}

void SeriesFilter::found_metric(const Rows& rows) {
  if (rows.empty()) {
    nothing_ = true;
    return;
  }
  metric_id_ = rows.integer(0, 0);
  metric_series_ = static_cast<std::uint64_t>(rows.integer(0, 1));
}

void SeriesFilter::add_list(const Matcher& matcher) {
  const Filter& filter = matcher.filter();
  std::vector<std::string> values;
  std::copy_if(filter.operands.begin(), filter.operands.end(), std::back_inserter(values), storable);
  if (filter.kind == Filter::Kind::is_not) {
    add({Condition::Kind::none_of, filter.key, std::move(values)});
    return;
  }
  // The empty string, which is no value, stands for a missing dimension elsewhere.
  std::erase(values, "");
  add({Condition::Kind::one_of, filter.key, std::move(values)});
}

void SeriesFilter::add_expression(Transaction& transaction, Access access, const Matcher& matcher) {
  const bool negated = matcher.filter().kind == Filter::Kind::matches_not;
  const bool one_state = access == Access::read;

  Parameters parameters;
  std::string sql = "SELECT DISTINCT r.dimensions ->> ";
  sql += parameters.add(matcher.key()).last();
  sql += " FROM {schema}.series AS r WHERE " + condition("r", parameters);
  sql += " AND r.dimensions ? " + parameters.add(matcher.key()).last();
  // Values that the expression cannot match need not be fetched to know what becomes of them.
  bool all = true;
  if (const auto bounds = one_state || !negated ? matcher.match_bounds() : std::nullopt;
      bounds && storable(bounds->first) && storable(bounds->second)) {
    all = false;
    const std::string value = "(r.dimensions ->> " + parameters.add(matcher.key()).last() + ") COLLATE \"C\"";
    sql += " AND " + value + " >= " + parameters.add(bounds->first).last();
    sql += " AND " + value + " <= " + parameters.add(bounds->second).last();
  }
  const Rows rows = transaction.run(sql, std::move(parameters));

  std::vector<std::string> passing;
  std::vector<std::string> failing;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (row % 1'000 == 0) transaction.call().check();
    const std::string_view value = rows.text(row, 0);
    (matcher.matches(value) ? passing : failing).emplace_back(value);
  }
  (matcher.matches(std::nullopt) ? passing : failing).emplace_back();

  // Either list will do where the distinct values are all known and stay the same; the shorter one is cheaper.
  const bool may_list_passing = all || !negated;
  const bool may_list_failing = one_state && (all || negated);
  if (may_list_failing && (!may_list_passing || failing.size() < passing.size())) {
    add({Condition::Kind::none_of, matcher.key(), std::move(failing)});
  } else {
    add({Condition::Kind::one_of, matcher.key(), std::move(passing)});
  }
}

void SeriesFilter::add(Condition condition) {
  const bool positive = condition.kind == Condition::Kind::one_of;
  if (condition.values.empty()) {
    nothing_ = nothing_ || positive;
    return;
  }
  if (positive && condition.values.size() == 1 && !condition.values.front().empty()) {
    equal_.push_back(object(condition.key, condition.values.front()));
  } else {
    conditions_.push_back(std::move(condition));
  }
}

std::string SeriesFilter::condition(std::string_view alias, Parameters& parameters) const {
  const std::string dimensions = std::string(alias) + ".dimensions";
  std::string sql = std::string(alias) + ".metric_id = ";
  if (metric_id_) {
    sql += parameters.add(*metric_id_).last();
  } else {
    sql += "(SELECT m.id FROM {schema}.metric AS m WHERE m.tenant = " + parameters.add(tenant_).last();
    sql += " AND m.name = " + parameters.add(metric_).last() + ")";
  }
  for (const std::string& json : equal_) sql += " AND " + dimensions + " @> " + parameters.add_json(json).last();
  for (const Condition& condition : conditions_) {
    sql += " AND ";
    const std::vector<std::string>& values = condition.values;
    const bool few = values.size() <= kFewValues;
    const bool positive = condition.kind == Condition::Kind::one_of;
    if (few && positive && std::find(values.begin(), values.end(), "") == values.end()) {
      std::vector<std::string> objects;
      for (const std::string& value : values) objects.push_back(object(condition.key, value));
      sql += dimensions + " @> ANY (" + parameters.add(objects).last() + "::jsonb[])";
      continue;
    }
    sql += value_of(alias, condition.key, parameters);
    sql += positive ? (few ? " = ANY (" : " IN (SELECT unnest(") : (few ? " <> ALL (" : " NOT IN (SELECT unnest(");
    sql += parameters.add(values).last() + (few ? ")" : "))");
  }
  return sql;
}

}  // namespace luminate::postgres
