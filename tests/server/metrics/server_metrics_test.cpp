#include "server/metrics/server_metrics.hpp"

#include <luminate/store.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "exposition.hpp"

namespace luminate::server::metrics {
namespace {

using api::Access;
using api::Route;
using std::chrono::microseconds;

std::vector<Route> routes() {
  return {{"POST", "/api/v1/write", Access::write},
          {"POST", "/api/v1/query", Access::read},
          {"GET", "/api/v1/admin/retention", Access::admin},
          {"GET", "/healthz", Access::open}};
}

struct Seen {
  http::Request request;
  http::Response response;
};

Seen seen(const std::string& method, std::string_view route, int status = 200, const std::string& tenant = "") {
  Seen seen;
  seen.request.method = method;
  seen.response.route = route;
  seen.response.status = status;
  seen.response.tenant = tenant;
  return seen;
}

class Metrics : public ::testing::Test {
 protected:
  explicit Metrics(std::size_t max_tenants = 2)
      : metrics_(routes(), {.version = "1.2.3", .limits = {}, .max_tenants = max_tenants}) {}

  void observe(const Seen& seen, microseconds duration = microseconds(100)) {
    metrics_.observe(seen.request, seen.response, duration);
  }
  Exposition expose() { return Exposition(metrics_.expose()); }

  ServerMetrics metrics_;
};

TEST_F(Metrics, CountRequestsByMethodRouteAndStatus) {
  for (int i = 0; i < 3; ++i) observe(seen("POST", "/api/v1/write"));
  observe(seen("POST", "/api/v1/write", 503));
  const Exposition found = expose();
  const std::string write = R"(luminate_http_requests_total{method="POST",route="/api/v1/write",status=)";
  EXPECT_EQ(found.value(write + R"("200"})"), 3);
  EXPECT_EQ(found.value(write + R"("503"})"), 1);
  EXPECT_EQ(found.value(write + R"("500"})"), 0) << "there before the first one";
}

TEST_F(Metrics, HaveNoLabelThatClientsChoose) {
  const std::size_t before = expose().values().size();
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    Seen odd = seen("M" + number, "", 400);
    odd.request.path = "/path" + number;
    odd.request.remote_address = number;
    odd.request.headers["Host"] = number;
    observe(odd);
    // No route of the table, and no status that anything answers with.
    observe(seen("GET", "/api/v1/" + number, 200));
    observe(seen("GET", "/healthz", 433 + i));
  }
  const Exposition found = expose();
  EXPECT_EQ(found.value(R"(luminate_http_requests_total{method="_other",route="_other",status="400"})"), 100);
  EXPECT_EQ(found.value(R"(luminate_http_requests_total{method="GET",route="_other",status="200"})"), 100);
  EXPECT_GE(found.value(R"(luminate_http_requests_total{method="GET",route="/healthz",status="_other"})"), 90);
  EXPECT_LE(found.values().size(), before + 2 * 17 + 20);
}

TEST_F(Metrics, PutDurationsIntoBuckets) {
  for (const int ms : {1, 30, 40'000}) observe(seen("POST", "/api/v1/query"), std::chrono::milliseconds(ms));
  const Exposition found = expose();
  const auto bucket = [&](const std::string& le) {
    return found.value(R"(luminate_http_request_duration_seconds_bucket{le=")" + le +
                       R"(",method="POST",route="/api/v1/query"})");
  };
  EXPECT_EQ(bucket("0.0005"), 0);
  EXPECT_EQ(bucket("0.001"), 1);
  EXPECT_EQ(bucket("0.05"), 2);
  EXPECT_EQ(bucket("30"), 2);
  EXPECT_EQ(bucket("+Inf"), 3);
  EXPECT_DOUBLE_EQ(found.value(R"(luminate_http_request_duration_seconds_sum{method="POST",route="/api/v1/query"})"),
                   40.031);
}

TEST_F(Metrics, CountPointsOfTenants) {
  Seen write = seen("POST", "/api/v1/write", 207, "acme");
  write.response.accepted = 7;
  write.response.rejected = {{"INVALID_VALUE", 2}, {"CARDINALITY_EXCEEDED", 1}};
  observe(write);
  Seen limited = seen("POST", "/api/v1/write", 429, "acme");
  limited.response.limited = "points";
  observe(limited);
  const Exposition found = expose();
  EXPECT_EQ(found.value(R"(luminate_points_ingested_total{tenant="acme"})"), 7);
  EXPECT_EQ(found.value(R"(luminate_points_rejected_total{reason="INVALID_VALUE",tenant="acme"})"), 2);
  EXPECT_EQ(found.value(R"(luminate_points_rejected_total{reason="CARDINALITY_EXCEEDED",tenant="acme"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_rate_limit_rejected_total{limit="points",tenant="acme"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_tenant_requests_total{scope="write",tenant="acme"})"), 2);
}

TEST_F(Metrics, NameTheFirstTenantsOnly) {
  for (const char* const tenant : {"", "first", "second", "third", "fourth", "first", "_other"}) {
    observe(seen("POST", "/api/v1/query", 200, tenant));
  }
  const Exposition found = expose();
  const auto requests = [&](const std::string& tenant) {
    return found.value(R"(luminate_tenant_requests_total{scope="read",tenant=")" + tenant + "\"}");
  };
  EXPECT_EQ(requests(""), 1);
  EXPECT_EQ(requests("first"), 2);
  EXPECT_EQ(requests("second"), 1);
  EXPECT_EQ(requests("third"), -1);
  EXPECT_EQ(requests("_other"), 3) << "the third, the fourth, and the one that is called so";
}

TEST_F(Metrics, TakeNobodyForATenantWhoWasNotLetIn) {
  Seen stranger = seen("POST", "/api/v1/write", 401);
  stranger.response.reason = "expired";
  stranger.response.code = "UNAUTHORIZED";
  observe(stranger);
  observe(seen("GET", "/healthz"));
  const Exposition found = expose();
  EXPECT_EQ(found.value(R"(luminate_auth_failures_total{reason="expired"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_http_errors_total{code="UNAUTHORIZED"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_tenant_requests_total{scope="write",tenant=""})"), 0);
  EXPECT_EQ(found.value(R"(luminate_tenant_requests_total{scope="read",tenant=""})"), 0);
}

TEST_F(Metrics, TimeTheStorageByWhatItDid) {
  for (const char* const operation : {"write", "aggregate", "values", "values", "delete"}) {
    Seen request = seen("POST", "/api/v1/query");
    request.request.storage = {operation, std::chrono::milliseconds(3)};
    request.response.points = 10;
    observe(request);
  }
  const Exposition found = expose();
  EXPECT_EQ(found.value("luminate_storage_write_duration_seconds_count"), 1);
  EXPECT_EQ(found.value(R"(luminate_storage_query_duration_seconds_count{type="aggregate"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_storage_query_duration_seconds_count{type="values"})"), 2);
  EXPECT_EQ(found.value(R"(luminate_storage_query_duration_seconds_bucket{le="0.0025",type="values"})"), 0);
  EXPECT_EQ(found.value(R"(luminate_storage_query_duration_seconds_bucket{le="0.005",type="values"})"), 2);
  EXPECT_EQ(found.value("luminate_query_points_scanned_total"), 30);
}

TEST_F(Metrics, CountBytesThatWentOverTheWire) {
  Seen request = seen("POST", "/api/v1/query");
  request.request.received_bytes = 100;
  request.response.body = "0123456789";
  request.response.streamed_bytes = 5;
  observe(request);
  request.request.method = "HEAD";
  observe(request);
  const Exposition found = expose();
  EXPECT_EQ(found.value(R"(luminate_http_received_bytes_total{route="/api/v1/query"})"), 200);
  EXPECT_EQ(found.value(R"(luminate_http_sent_bytes_total{route="/api/v1/query"})"), 15);
}

TEST_F(Metrics, TellOfTheProcess) {
  const Exposition found = expose();
  for (const char* const name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_threads",
                                 "process_resident_memory_bytes", "process_virtual_memory_bytes"}) {
    EXPECT_GT(found.value(name), 0) << name;
  }
  const double age = static_cast<double>(::time(nullptr)) - found.value("process_start_time_seconds");
  EXPECT_GT(age, -5);
  EXPECT_LT(age, 3600);
}

TEST_F(Metrics, TellOfTheServersLoadAndConfiguration) {
  metrics_.watch(
      {.load = [] { return http::HttpServer::Load{1, 2, 3, 4, 5, 6}; },
       .reload =
           [] {
             return ServerMetrics::Reload{false, std::chrono::system_clock::time_point(std::chrono::seconds(9))};
           }});
  const Exposition found = expose();
  EXPECT_EQ(found.value("luminate_http_connections"), 1);
  EXPECT_EQ(found.value("luminate_http_max_connections"), 2);
  EXPECT_EQ(found.value("luminate_http_active_requests"), 3);
  EXPECT_EQ(found.value("luminate_http_work_slots"), 4);
  EXPECT_EQ(found.value("luminate_http_work_slots_taken"), 5);
  EXPECT_EQ(found.value("luminate_http_waiting_requests"), 6);
  EXPECT_EQ(found.value("luminate_config_last_reload_successful"), 0);
  EXPECT_EQ(found.value("luminate_config_last_reload_success_timestamp_seconds"), 9);
  EXPECT_EQ(found.value(R"(luminate_build_info{backend="",version="1.2.3"})"), 1);
}

class MetricsOfAStore : public Metrics {
 protected:
  MetricsOfAStore() : store_(Store::open("memory:", options())) {
    for (const auto& [tenant, series] : {std::pair{"", 1}, {"small", 1}, {"large", 5}, {"middle", 3}}) {
      Batch batch;
      for (int i = 0; i < series; ++i) batch.add({"m", 1'700'000'000'000, 1, {{"k", std::to_string(i)}}});
      (*tenant == '\0' ? store_ : store_.tenant(tenant)).write(batch);
    }
  }
  static Options options() {
    Options options;
    options.clock = [] { return std::int64_t{1'700'000'000'000}; };
    return options;
  }

  Store store_;
};

TEST_F(MetricsOfAStore, NameTheHeaviestTenants) {
  metrics_.watch(store_, {.backend = "memory"});
  const Exposition found = expose();
  const auto series = [&](const std::string& tenant) {
    return found.value("luminate_tenant_series{tenant=\"" + tenant + "\"}");
  };
  EXPECT_EQ(found.value("luminate_storage_up"), 1);
  EXPECT_EQ(found.value("luminate_storage_series"), 10);
  EXPECT_EQ(series("large"), 5);
  EXPECT_EQ(series("middle"), 3);
  EXPECT_EQ(series("small"), -1);
  EXPECT_EQ(series(""), 1);
  EXPECT_EQ(series("_other"), 1);
  EXPECT_EQ(found.value(R"(luminate_tenant_metrics{tenant="_other"})"), 1);
  EXPECT_FALSE(found.has("luminate_storage_disk_size_bytes"));
}

TEST_F(MetricsOfAStore, LeaveOutFiguresOfOneThatIsDown) {
  metrics_.watch(store_, {.backend = "memory"});
  EXPECT_TRUE(expose().has("luminate_storage_series"));
  store_.close();
  const Exposition found = expose();
  EXPECT_EQ(found.value("luminate_storage_up"), 0);
  EXPECT_FALSE(found.has("luminate_storage_series"));
  EXPECT_FALSE(found.has("luminate_tenant_series"));
}

class MetricsWithoutNames : public Metrics {
 protected:
  MetricsWithoutNames() : Metrics(0) {}
};

TEST_F(MetricsWithoutNames, AddAllTenantsUp) {
  observe(seen("POST", "/api/v1/query", 200, "acme"));
  observe(seen("POST", "/api/v1/query", 200, ""));
  auto store = Store::open("memory:");
  Batch batch;
  batch.add({"m",
             std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count(),
             1,
             {}});
  store.tenant("acme").write(batch);
  metrics_.watch(store, {.backend = "memory"});
  const std::string text = metrics_.expose();
  EXPECT_EQ(text.find("acme"), std::string::npos);
  const Exposition found(text);
  EXPECT_EQ(found.value(R"(luminate_tenant_requests_total{scope="read",tenant="_other"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_tenant_series{tenant="_other"})"), 1);
}

TEST_F(Metrics, CountEveryRequestOfManyThreadsWhileOthersRead) {
  constexpr int kThreads = 4;
  constexpr int kRequests = 500;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kRequests; ++i) {
        Seen request = seen("POST", "/api/v1/write", i % 5 == 0 ? 400 : 200, "t" + std::to_string((thread + i) % 4));
        request.request.storage = {"write", std::chrono::microseconds(i)};
        request.response.accepted = 1;
        request.response.rejected = {{"INVALID_VALUE", 1}};
        observe(request);
        if (i % 100 == thread) expose();
      }
    });
  }
  threads.clear();
  const Exposition found = expose();
  const std::string write = R"(luminate_http_requests_total{method="POST",route="/api/v1/write",status=)";
  EXPECT_EQ(found.value(write + R"("200"})") + found.value(write + R"("400"})"), kThreads * kRequests);
  EXPECT_EQ(found.value("luminate_storage_write_duration_seconds_count"), kThreads * kRequests);
  double ingested = 0;
  int tenants = 0;
  for (const auto& [series, value] : found.values()) {
    if (!series.starts_with("luminate_points_ingested_total")) continue;
    ingested += value;
    ++tenants;
  }
  EXPECT_EQ(ingested, kThreads * kRequests);
  EXPECT_EQ(tenants, 4) << "nobody, all others, and the two first";
}

}  // namespace
}  // namespace luminate::server::metrics
