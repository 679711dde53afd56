#include "server/metrics/request_metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace luminate::server::metrics {
namespace {

using prometheus::Counter;
using prometheus::Histogram;

constexpr std::string_view kOther = "_other";

/// From a health check to the longest query that there may be, in seconds.
Histogram::BucketBoundaries request_buckets() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

/// From a query of the catalog to the longest there may be, in seconds.
Histogram::BucketBoundaries storage_buckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

prometheus::Family<Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<Histogram>& histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

std::vector<std::string> names_of(const std::vector<api::Route>& routes) {
  std::vector<std::string> names;
  for (const api::Route& route : routes) {
    if (std::find(names.begin(), names.end(), route.pattern) == names.end()) names.emplace_back(route.pattern);
  }
  names.emplace_back(kOther);
  return names;
}

Use use_of(api::Access access) {
  switch (access) {
    case api::Access::read:
      return Use::read;
    case api::Access::write:
      return Use::write;
    case api::Access::admin:
      return Use::admin;
    default:
      return Use::none;
  }
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

RequestMetrics::RequestMetrics(prometheus::Registry& registry, const std::vector<api::Route>& routes,
                               std::size_t max_tenants)
    : routes_(names_of(routes)),
      tenants_(registry, max_tenants),
      requests_(counters(registry, "luminate_http_requests_total", "Requests that were answered")),
      durations_(histograms(registry, "luminate_http_request_duration_seconds",
                            "From a request's complete head to the last byte of its answer")),
      received_(counters(registry, "luminate_http_received_bytes_total", "Of request bodies, as they came")),
      sent_(counters(registry, "luminate_http_sent_bytes_total", "Of response bodies, as they went out")),
      errors_(counters(registry, "luminate_http_errors_total", "Error answers, by the code in their body")),
      auth_failures_(counters(registry, "luminate_auth_failures_total",
                              "Requests that were not let in, by the reason that the log has")),
      writes_(histograms(registry, "luminate_storage_write_duration_seconds",
                         "How long a write took in the store, from decoding its body to its being durable")
                  .Add({}, storage_buckets())),
      scanned_(counters(registry, "luminate_query_points_scanned_total", "Samples that queries looked at").Add({})),
      cells_(routes_.size() * kMethods.size()) {
  auto& queries = histograms(registry, "luminate_storage_query_duration_seconds",
                             "How long a query took in the store, by its type; also where it failed");
  for (std::size_t i = 0; i < kQueries.size(); ++i) {
    queries_[i] = &queries.Add({{"type", kQueries[i]}}, storage_buckets());
  }
  for (std::size_t route = 0; route < routes_.size(); ++route) {
    Counter* const received = &received_.Add({{"route", routes_[route]}});
    Counter* const sent = &sent_.Add({{"route", routes_[route]}});
    for (std::size_t method = 0; method < kMethods.size(); ++method) {
      cell(route, method).received = received;
      cell(route, method).sent = sent;
    }
  }
  for (const api::Route& route : routes) {
    const std::size_t row = route_of(route.pattern);
    const std::size_t method = method_of(route.method);
    Cell& made = cell(row, method);
    made.use = use_of(route.access);
    // Whoever watches for the first one needs a zero before it.
    for (const int status : {200, 500, 503}) requests(made, row, method, status_of(status));
    durations(made, row, method);
    if (route.method == "GET") cell(row, method_of("HEAD")).use = made.use;
  }
  for (const char* const code : {"OVERLOADED", "STORAGE_UNAVAILABLE", "QUERY_TIMEOUT", "INTERNAL_ERROR"}) {
    errors_.Add({{"code", code}});
  }
  for (const char* const reason : {"no_token", "expired", "bad_signature"}) auth_failures_.Add({{"reason", reason}});
}

void RequestMetrics::observe(const http::Request& request, const http::Response& response,
                             std::chrono::microseconds duration) {
  const std::size_t route = route_of(response.route);
  const std::size_t method = method_of(request.method);
  Cell& counted = cell(route, method);
  requests(counted, route, method, status_of(response.status)).Increment();
  durations(counted, route, method).Observe(in_seconds(duration));
  if (request.received_bytes > 0) counted.received->Increment(static_cast<double>(request.received_bytes));
  const bool has_body = request.method != "HEAD";
  if (has_body) counted.sent->Increment(static_cast<double>(response.body.size() + response.streamed_bytes));
  if (response.status >= 400) observe_failure(response);
  if (!request.storage.operation.empty()) observe_storage(request.storage, response);
  // Who was not let in for want of a token is no tenant.
  if (counted.use != Use::none && (response.reason.empty() || !response.tenant.empty())) {
    observe_tenant(counted.use, response);
  }
}

void RequestMetrics::observe_tenant(Use use, const http::Response& response) {
  const TenantCounters::Counters& tenant = tenants_.of(response.tenant);
  tenant.requests[static_cast<std::size_t>(use) - static_cast<std::size_t>(Use::read)]->Increment();
  if (response.accepted > 0) tenant.ingested->Increment(static_cast<double>(response.accepted));
  for (const http::RejectedPoints& rejected : response.rejected) {
    tenants_.add_rejected(tenant, rejected.code, static_cast<double>(rejected.points));
  }
  if (!response.limited.empty()) tenants_.add_limited(tenant, response.limited);
}

void RequestMetrics::observe_failure(const http::Response& response) {
  if (!response.code.empty()) errors_.Add({{"code", std::string(response.code)}}).Increment();
  if (!response.reason.empty()) auth_failures_.Add({{"reason", std::string(response.reason)}}).Increment();
}

void RequestMetrics::observe_storage(const http::StorageUse& storage, const http::Response& response) {
  if (storage.operation == "write") {
    writes_.Observe(in_seconds(storage.time));
    return;
  }
  const auto* const type = std::find(kQueries.begin(), kQueries.end(), storage.operation);
  if (type == kQueries.end()) return;
  queries_[static_cast<std::size_t>(type - kQueries.begin())]->Observe(in_seconds(storage.time));
  if (response.points > 0) scanned_.Increment(static_cast<double>(response.points));
}

std::size_t RequestMetrics::route_of(std::string_view pattern) const {
  const auto found = std::find(routes_.begin(), routes_.end() - 1, pattern);
  return static_cast<std::size_t>(found - routes_.begin());
}

std::size_t RequestMetrics::method_of(std::string_view method) {
  const auto* const found = std::find(kMethods.begin(), kMethods.end() - 1, method);
  return static_cast<std::size_t>(found - kMethods.begin());
}

std::size_t RequestMetrics::status_of(int status) {
  const auto* const found = std::lower_bound(kStatuses.begin(), kStatuses.end(), status);
  return found != kStatuses.end() && *found == status ? static_cast<std::size_t>(found - kStatuses.begin())
                                                      : kStatuses.size();
}

Counter& RequestMetrics::requests(Cell& cell, std::size_t route, std::size_t method, std::size_t status) {
  std::atomic<Counter*>& known = cell.by_status[status];
  if (Counter* const counter = known.load(std::memory_order_acquire)) return *counter;
  const std::string text = status < kStatuses.size() ? std::to_string(kStatuses[status]) : std::string(kOther);
  // Whoever comes at the same time gets the same one.
  Counter& counter = requests_.Add({{"method", kMethods[method]}, {"route", routes_[route]}, {"status", text}});
  known.store(&counter, std::memory_order_release);
  return counter;
}

Histogram& RequestMetrics::durations(Cell& cell, std::size_t route, std::size_t method) {
  if (Histogram* const histogram = cell.durations.load(std::memory_order_acquire)) return *histogram;
  Histogram& histogram = durations_.Add({{"method", kMethods[method]}, {"route", routes_[route]}}, request_buckets());
  cell.durations.store(&histogram, std::memory_order_release);
  return histogram;
}

}  // namespace luminate::server::metrics
