#include <luminate/query.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "model/nearest.hpp"
#include "model/text.hpp"
#include "query/json.hpp"
#include "query/refuse.hpp"

namespace luminate {
namespace {

using model::quote;
using query::JsonValue;
using query::refuse;
using Kind = JsonValue::Kind;

constexpr std::array<std::string_view, 12> kQueryFields = {"queryType",   "metricName",   "timeRange", "filters",
                                                           "aggregation", "aggregations", "quantile",  "groupBy",
                                                           "interval",    "limit",        "order",     "timeout"};
constexpr std::array<std::string_view, 3> kTimeRangeFields = {"start", "end", "relative"};
constexpr std::array<std::string_view, 3> kFilterOperators = {"not", "regex", "notRegex"};

std::string element(const std::string& field, std::size_t index) {
  return field + "[" + std::to_string(index) + "]";
}

void check_fields(const JsonValue& object, const std::string& prefix, std::span<const std::string_view> known) {
  for (const std::string& key : object.keys) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    refuse(prefix + model::excerpt(key),
           "unknown field; the nearest known one is \"" + std::string(model::nearest(key, known)) + "\"");
  }
}

const std::string& text(const JsonValue& value, const std::string& field, const char* wanted = "a string") {
  if (!value.is(Kind::text)) refuse(field, std::string("must be ") + wanted);
  return value.text;
}

const JsonValue& object(const JsonValue& value, const std::string& field) {
  if (!value.is(Kind::object)) refuse(field, field.empty() ? "the query must be a JSON object" : "must be an object");
  return value;
}

std::vector<std::string> texts(const JsonValue& array, const std::string& field) {
  if (!array.is(Kind::array)) refuse(field, "must be an array of strings");
  std::vector<std::string> out;
  for (const JsonValue& item : array.items) out.push_back(text(item, element(field, out.size())));
  return out;
}

const JsonValue& required(const JsonValue& object, const char* name, const std::string& prefix = {}) {
  const JsonValue* value = object.find(name);
  if (value == nullptr) refuse(prefix + name, "missing");
  return *value;
}

std::chrono::milliseconds duration(const JsonValue& value, const std::string& field) {
  const auto parsed = parse_duration(text(value, field, "a duration such as \"1h30m\""));
  if (!parsed) {
    refuse(field, quote(value.text) + " is no duration; write 500ms, 30s, 5m, 1h, 7d, 2w, or a sum such as 1h30m");
  }
  return *parsed;
}

std::int64_t instant(const JsonValue& value, const std::string& field) {
  if (value.is(Kind::integer)) return value.integer;
  if (!value.is(Kind::text)) refuse(field, "must be an RFC 3339 string or an integer, Unix milliseconds");
  const auto parsed = parse_instant(value.text);
  if (!parsed) {
    refuse(field, quote(value.text) + " is neither RFC 3339, such as 2026-01-31T12:00:00Z, nor Unix milliseconds");
  }
  return *parsed;
}

std::variant<RelativeRange, TimeRange> time_range(const JsonValue& value) {
  object(value, "timeRange");
  check_fields(value, "timeRange.", kTimeRangeFields);
  if (const JsonValue* relative = value.find("relative")) {
    for (const char* name : {"start", "end"}) {
      if (value.find(name)) refuse(std::string("timeRange.") + name, "give either relative, or start and end");
    }
    return RelativeRange{duration(*relative, "timeRange.relative")};
  }
  return TimeRange{instant(required(value, "start", "timeRange."), "timeRange.start"),
                   instant(required(value, "end", "timeRange."), "timeRange.end")};
}

/// The number that says which quantile.
double quantile(const JsonValue& value, const std::string& field) {
  // A number that is no number fails the comparison as well.
  if (!(value.is(Kind::integer) || value.is(Kind::number)) || !(value.number >= 0 && value.number <= 1)) {
    refuse(field, "must be a number from 0 to 1");
  }
  return value.number + 0.0;  // -0 becomes 0.
}

/// @param q the query's own "quantile" field, which the name "quantile" refers to; `used` is set when it did.
Aggregation aggregation(const JsonValue& value, const std::string& field, const JsonValue* q, bool& used) {
  constexpr std::string_view kName = "quantile";
  if (value.is(Kind::object)) {
    check_fields(value, field + ".", std::array{kName});
    return Aggregation::quantile(quantile(required(value, "quantile", field + "."), field + ".quantile"));
  }
  const std::string& name = text(value, field, "a name such as \"avg\", or {\"quantile\": 0.9}");
  if (name == kName) {
    if (q == nullptr) refuse(field, "which quantile? Add \"quantile\": 0.9, or write \"quantile(0.9)\"");
    used = true;
    return Aggregation::quantile(quantile(*q, "quantile"));
  }
  const auto parsed = Aggregation::parse(name);
  if (!parsed) {
    refuse(field, quote(name) +
                      " is no aggregation; known are avg, sum, count, min, max, p50, p95, p99, quantile(q) with q from "
                      "0 to 1, integral, first, last and stddev");
  }
  return *parsed;
}

std::vector<Aggregation> aggregations(const JsonValue& root) {
  const JsonValue* one = root.find("aggregation");
  const JsonValue* several = root.find("aggregations");
  const JsonValue* q = root.find("quantile");
  bool used = false;
  std::vector<Aggregation> out;
  if (one != nullptr && several != nullptr) refuse("aggregations", "give either aggregation or aggregations");
  if (one != nullptr) {
    out.push_back(aggregation(*one, "aggregation", q, used));
  } else if (several != nullptr) {
    if (!several->is(Kind::array)) refuse("aggregations", "must be an array of aggregations");
    if (several->items.empty()) refuse("aggregations", "is empty; give at least one, such as \"avg\"");
    for (const JsonValue& item : several->items) {
      out.push_back(aggregation(item, element("aggregations", out.size()), q, used));
    }
  } else {
    refuse("aggregation", "missing; name one, such as \"avg\", or give several as aggregations");
  }
  if (q != nullptr && !used) refuse("quantile", "belongs to the aggregation \"quantile\", which is not asked for");
  return out;
}

void add_filter(std::vector<Filter>& filters, const std::string& key, const JsonValue& value) {
  const std::string field = "filters." + model::excerpt(key);
  switch (value.kind) {
    case Kind::text:
      filters.push_back({key, Filter::Kind::any_of, {value.text}});
      return;
    case Kind::array: {
      if (value.items.empty()) refuse(field, "the list of values is empty; give at least one, or leave the filter out");
      filters.push_back({key, Filter::Kind::any_of, texts(value, field)});
      return;
    }
    case Kind::object:
      break;
    default:
      refuse(field, "must be a string, an array of strings, or an object with not, regex or notRegex");
  }
  check_fields(value, field + ".", kFilterOperators);
  if (value.keys.empty()) refuse(field, "the object is empty; give it not, regex or notRegex");
  constexpr std::array kKinds = {Filter::Kind::is_not, Filter::Kind::matches, Filter::Kind::matches_not};
  for (std::size_t i = 0; i < kFilterOperators.size(); ++i) {
    const JsonValue* operand = value.find(kFilterOperators[i]);
    if (operand == nullptr) continue;
    filters.push_back({key, kKinds[i], {text(*operand, field + "." + std::string(kFilterOperators[i]))}});
  }
}

std::vector<Filter> filters_from(const JsonValue& value, const std::string& field) {
  object(value, field);
  std::vector<Filter> filters;
  for (std::size_t i = 0; i < value.keys.size(); ++i) add_filter(filters, value.keys[i], value.items[i]);
  return filters;
}

QueryType query_type(const JsonValue& value) {
  const std::string& name = text(value, "queryType");
  if (name == "range") return QueryType::range;
  if (name == "aggregate") return QueryType::aggregate;
  if (name == "rate") return QueryType::rate;
  refuse("queryType", quote(name) + " is no type of query; give aggregate, range or rate");
}

/// What stands in a query without having a meaning there would be a misunderstanding passed over in silence.
void check_belongs(const JsonValue& root, QueryType type) {
  if (type == QueryType::aggregate) return;
  for (const char* name : {"aggregation", "aggregations", "quantile"}) {
    if (root.find(name)) refuse(name, "only an aggregate query takes it; leave it out");
  }
  if (type == QueryType::rate) return;
  for (const char* name : {"groupBy", "interval", "order"}) {
    if (root.find(name))
      refuse(name, "a range query, which returns raw samples by time, does not take it; leave it out");
  }
}

bool is_ascending(const JsonValue& value) {
  const std::string& name = text(value, "order");
  if (name != "asc" && name != "desc") refuse("order", quote(name) + " is no order; give asc or desc");
  return name == "asc";
}

std::size_t limit(const JsonValue& value) {
  if (!value.is(Kind::integer) || value.integer < 1) refuse("limit", "must be a whole number of at least 1");
  return static_cast<std::size_t>(value.integer);
}

}  // namespace

Query Query::parse_json(std::string_view json) {
  const JsonValue root = query::parse_json(json);
  object(root, {});
  check_fields(root, {}, kQueryFields);

  Query query;
  query.type = query_type(required(root, "queryType"));
  check_belongs(root, query.type);
  query.metric = text(required(root, "metricName"), "metricName");
  query.time_range = luminate::time_range(required(root, "timeRange"));
  if (const JsonValue* value = root.find("filters")) query.filters = filters_from(*value, "filters");
  if (query.type == QueryType::aggregate) query.aggregations = luminate::aggregations(root);
  if (const JsonValue* value = root.find("groupBy")) query.group_by = texts(*value, "groupBy");
  if (const JsonValue* value = root.find("interval")) query.interval = duration(*value, "interval");
  if (const JsonValue* value = root.find("limit")) query.limit = luminate::limit(*value);
  if (const JsonValue* value = root.find("order")) query.ascending = is_ascending(*value);
  if (const JsonValue* value = root.find("timeout")) query.timeout = duration(*value, "timeout");
  return query;
}

std::vector<Filter> parse_filters_json(std::string_view json) {
  return filters_from(query::parse_json(json), "filters");
}

}  // namespace luminate
