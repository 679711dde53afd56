#include <luminate/store.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

// The session through the C++ library: cpp_driver URL CASES. session_test.py says what CASES and the answers look like.
namespace {

using Json = nlohmann::ordered_json;
using luminate::Query;
using luminate::Store;

constexpr std::int64_t kEarliest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

double value_of(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

std::chrono::milliseconds duration(const Json& text) {
  return luminate::parse_duration(text.get<std::string>()).value();
}

/// An end of a range, which may be left out or null.
std::int64_t instant(const Json& where, const char* name, std::int64_t otherwise) {
  return where.contains(name) && !where[name].is_null() ? where[name].get<std::int64_t>() : otherwise;
}

void add_filters(Query& query, const Json& filters) {
  for (const auto& [key, condition] : filters.items()) {
    if (condition.is_string()) query.where(key, condition.get<std::string>());
    if (condition.is_array()) query.where_any(key, condition.get<std::vector<std::string>>());
    if (!condition.is_object()) continue;
    for (const auto& [kind, operand] : condition.items()) {
      const auto text = operand.get<std::string>();
      if (kind == "not") query.where_not(key, text);
      if (kind == "regex") query.where_matches(key, text);
      if (kind == "notRegex") query.where_not_matches(key, text);
    }
  }
}

/// "quantile(1.5)" too, which is none: what comes of it is the library's concern.
luminate::Aggregation aggregation(const std::string& name) {
  constexpr std::string_view kQuantile = "quantile(";
  if (name.starts_with(kQuantile)) return luminate::Aggregation::quantile(std::stod(name.substr(kQuantile.size())));
  return luminate::Aggregation::parse(name).value();
}

/// By the functions of the library, as a program would.
Query build(const Json& form) {
  const auto metric = form["metricName"].get<std::string>();
  const auto type = form["queryType"].get<std::string>();
  std::vector<luminate::Aggregation> aggregations;
  if (form.contains("aggregation")) aggregations.push_back(aggregation(form["aggregation"]));
  if (form.contains("aggregations")) {
    for (const Json& name : form["aggregations"]) aggregations.push_back(aggregation(name));
  }
  Query query = type == "range"       ? Query::range(metric)
                : type == "aggregate" ? Query::aggregate(metric, aggregations)
                                      : Query::rate(metric);
  const Json& range = form["timeRange"];
  if (range.contains("relative")) {
    query.last(duration(range["relative"]));
  } else {
    query.between(range["start"], range["end"]);
  }
  if (form.contains("filters")) add_filters(query, form["filters"]);
  if (form.contains("groupBy")) query.by(form["groupBy"]);
  if (form.contains("interval")) query.every(duration(form["interval"]));
  if (form.contains("limit")) query.top(form["limit"]);
  if (form.contains("timeout")) query.timeout = duration(form["timeout"]);
  query.ascending = form.value("order", "desc") == "asc";
  return query;
}

Json group(const std::vector<std::string>& keys, const std::vector<std::string>& values) {
  Json object = Json::object();
  for (std::size_t i = 0; i < keys.size(); ++i) object[keys[i]] = values[i];
  return object;
}

void append(Json& rows, const luminate::RangeResult& samples) {
  for (std::size_t i = 0; i < samples.value_column.size(); ++i) {
    const auto& dimensions = samples.series[samples.series_column[i]];
    rows.push_back({samples.timestamp_column[i], number(samples.value_column[i]),
                    Json(std::map<std::string, std::string>(dimensions.begin(), dimensions.end()))});
  }
}

Json answer(const luminate::Result& result) {
  Json rows = Json::array();
  Json answer;
  if (result.type() == luminate::QueryType::range) {
    append(rows, result.range());
    answer["truncated"] = result.range().truncated;
  } else if (result.type() == luminate::QueryType::aggregate) {
    const auto& aggregate = result.aggregate();
    for (const auto& row : aggregate.rows) {
      Json values = Json::array();
      for (const double value : row.values) values.push_back(number(value));
      rows.push_back(
          {row.bucket_ms ? Json(*row.bucket_ms) : Json(), group(aggregate.group_by, row.group), values, row.count});
    }
  } else {
    const auto& rate = result.rate();
    for (const auto& row : rate.rows) rows.push_back({row.bucket_ms, group(rate.group_by, row.group), row.rate});
  }
  answer["rows"] = rows;
  answer["scanned"] = result.points_scanned;
  return answer;
}

Json answer(luminate::RangeStream stream) {
  Json rows = Json::array();
  while (const auto piece = stream.next()) append(rows, *piece);
  return {{"rows", rows}, {"truncated", stream.truncated()}, {"scanned", stream.points_scanned()}};
}

Json answer(const luminate::WriteReport& report) {
  Json refused = Json::array();
  for (const luminate::Verdict& verdict : report.errors) {
    refused.push_back({verdict.index, verdict.metric, luminate::to_string(verdict.code), verdict.message});
  }
  return {{"accepted", report.accepted}, {"refused", refused}};
}

luminate::Listing listing(const Json& call) {
  luminate::Listing listing;
  listing.prefix = call.value("prefix", "");
  listing.limit = call.value("limit", std::size_t{1000});
  if (call.contains("start")) listing.time_range = {instant(call, "start", kEarliest), instant(call, "end", kLatest)};
  return listing;
}

luminate::Options options(const Json& call) {
  luminate::Options options;
  if (!call.contains("options")) return options;
  for (const auto& [key, value] : call["options"].items()) options.set(key, value.get<std::string>());
  return options;
}

class Session {
 public:
  explicit Session(std::string url) : url_(std::move(url)) {}

  Json run(const Json& call) {
    const auto what = call["do"].get<std::string>();
    if (what == "open" || what == "reopen") {
      if (what == "open") options_ = options(call);
      store_.reset();  // The last handle closes it.
      store_ = Store::open(url_, options_);
      return Json::object();
    }
    if (what == "open_another") return Store::open(call["url"].get<std::string>(), options(call)), Json::object();
    if (what == "close") return store_->close(), Json::object();
    Store store = call.contains("tenant") ? store_->tenant(call["tenant"].get<std::string>()) : *store_;
    if (what == "late")
      return answer(store.limited({.timeout = std::chrono::milliseconds(0)}).query(build(call["query"])));
    if (what == "cancelled") {
      std::stop_source stop;
      stop.request_stop();
      return answer(store.query(build(call["query"]), stop.get_token()));
    }
    if (what == "write") return write(store, call["points"]);
    if (what == "write_json") return answer(store.write_json(call["text"].get<std::string>()));
    if (what == "query") return answer(store.query(build(call["query"])));
    if (what == "query_json") return answer(store.query(Query::parse_json(call["text"].get<std::string>())));
    if (what == "stream") return answer(store.stream(build(call["query"])));
    if (what == "remove") return remove(store, call);
    return look(store, what, call);
  }

 private:
  static Json write(Store& store, const Json& points) {
    luminate::Batch batch;
    for (const Json& point : points) {
      const auto dimensions = point[1].get<std::map<std::string, std::string>>();
      const auto series = batch.series(point[0].get<std::string>(), {dimensions.begin(), dimensions.end()});
      const std::int64_t timestamp = point[2];
      const double value = value_of(point[3]);
      batch.append(series, {&timestamp, 1}, {&value, 1});
    }
    return answer(store.write(batch));
  }

  static Json remove(Store& store, const Json& call) {
    Query filters;
    if (call.contains("filters")) add_filters(filters, call["filters"]);
    const luminate::Deletion deletion{.metric = call["metric"],
                                      .time_range = {instant(call, "start", kEarliest), instant(call, "end", kLatest)},
                                      .filters = filters.filters,
                                      .dry_run = call.value("dry_run", false)};
    return {{"removed", store.remove(deletion)}};
  }

  static Json look(Store& store, const std::string& what, const Json& call) {
    std::optional<std::string> metric;
    if (call.contains("metric") && !call["metric"].is_null()) metric = call["metric"].get<std::string>();
    if (what == "metrics") return {{"names", store.metrics(listing(call))}};
    if (what == "keys") return {{"names", store.dimension_keys(*metric, listing(call))}};
    if (what == "values") {
      return {{"names", store.dimension_values(*metric, call["key"].get<std::string>(), listing(call))}};
    }
    if (what == "series") return {{"series", store.series_count(metric)}};
    if (what == "cardinality") return cardinality(store.cardinality({.metric = metric, .limit = call["limit"]}));
    if (what == "tenants") {
      Json tenants = Json::array();
      for (const auto& tenant : store.series_by_tenant()) {
        tenants.push_back({tenant.tenant, tenant.metrics, tenant.series});
      }
      return {{"tenants", tenants}};
    }
    if (what == "health") {
      const luminate::Health health = store.health();
      return {{"healthy", health.healthy}, {"backend", health.backend}, {"status", health.status}};
    }
    if (what == "retain") {
      return store.set_retention({call["pattern"], std::chrono::milliseconds(call["keep_ms"])}), Json::object();
    }
    if (what == "unretain") return {{"existed", store.remove_retention(call["pattern"].get<std::string>())}};
    Json policies = Json::array();
    for (const auto& policy : store.retention()) policies.push_back({policy.pattern, policy.keep.count()});
    return {{"policies", policies}};
  }

  static Json cardinality(const luminate::Cardinality& found) {
    Json metrics = Json::array();
    Json keys = Json::array();
    Json values = Json::array();
    for (const auto& metric : found.metrics) metrics.push_back({metric.name, metric.series});
    for (const auto& key : found.keys) keys.push_back({key.metric, key.key, key.values, key.series});
    for (const auto& value : found.values) values.push_back({value.metric, value.key, value.value, value.series});
    return {{"metrics", metrics}, {"keys", keys}, {"values", values}};
  }

  const std::string url_;
  luminate::Options options_;
  std::optional<Store> store_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Session session(argv[1]);
  std::ifstream cases(argv[2]);
  for (std::string line; std::getline(cases, line);) {
    Json answer;
    try {
      answer = session.run(Json::parse(line));
    } catch (const luminate::Error& error) {
      answer = {{"error", luminate::to_string(error.code())}, {"field", error.field()}, {"message", error.what()}};
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}
