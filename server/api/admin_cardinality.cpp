#include <algorithm>
#include <map>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

namespace luminate::server::api {
namespace {

constexpr std::size_t kListed = 10;
constexpr std::size_t kMostListed = 1'000;

void add_counts(JsonWriter& json, const Cardinality& counts) {
  json.key("metricCount").value(counts.metric_count).key("seriesCount").value(counts.series_count);
  json.key("limits").begin_object();
  json.key("maxMetrics").value(counts.limits.max_metrics).key("metricsLeft").value(counts.metrics_left);
  json.key("maxSeriesPerMetric").value(counts.limits.max_series_per_metric).end_object();
  json.key("metrics").begin_array();
  for (const Cardinality::Metric& metric : counts.metrics) {
    json.begin_object().key("metric").value(std::string_view(metric.name));
    json.key("series").value(metric.series).key("seriesLeft").value(metric.series_left).end_object();
  }
  json.end_array().key("keys").begin_array();
  for (const Cardinality::Key& key : counts.keys) {
    json.begin_object().key("metric").value(std::string_view(key.metric)).key("key").value(std::string_view(key.key));
    json.key("values").value(key.values).key("series").value(key.series).end_object();
  }
  json.end_array().key("values").begin_array();
  for (const Cardinality::Value& value : counts.values) {
    json.begin_object().key("metric").value(std::string_view(value.metric));
    json.key("key").value(std::string_view(value.key)).key("value").value(std::string_view(value.value));
    json.key("series").value(value.series).end_object();
  }
  json.end_array();
}

/// What was refused of the store's tenant; a store without one knows of all, and tells of what has none.
void add_refusals(JsonWriter& json, const Store& store, const CardinalityRequest& asked) {
  Refusals refusals = store.refusals();
  std::erase_if(refusals.entries, [&](const Refusals::Entry& entry) { return entry.tenant != store.tenant(); });
  std::map<ErrorCode, std::uint64_t> totals;
  for (const Refusals::Entry& entry : refusals.entries) totals[entry.code] += entry.points;
  if (asked.metric) {
    std::erase_if(refusals.entries, [&](const Refusals::Entry& entry) { return entry.metric != *asked.metric; });
  }
  json.key("refusals").begin_object().key("totals").begin_array();
  for (const auto& [code, points] : totals) {
    json.begin_object().key("code").value(to_string(code)).key("points").value(points).end_object();
  }
  json.end_array().key("entries").begin_array();
  for (std::size_t i = 0; i < std::min(asked.limit, refusals.entries.size()); ++i) {
    const Refusals::Entry& entry = refusals.entries[i];
    json.begin_object().key("metric").value(std::string_view(entry.metric));
    json.key("code").value(to_string(entry.code)).key("points").value(entry.points).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

http::Response cardinality(Store& store, const http::Request& request) {
  const Parameters parameters(request, {"metric", "limit"});
  CardinalityRequest asked;
  if (const auto metric = parameters.text("metric")) asked.metric = *metric;
  asked.limit = parameters.count("limit", 1, kMostListed, kListed);
  const Cardinality counts = in_storage(request, "cardinality", [&] { return store.cardinality(asked); });
  JsonWriter json;
  json.begin_object();
  add_counts(json, counts);
  add_refusals(json, store, asked);
  json.end_object();
  http::Response response;
  response.body = json.text();
  return response;
}

}  // namespace luminate::server::api
