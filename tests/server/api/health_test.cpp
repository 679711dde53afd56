#include "api_test.hpp"

namespace luminate::server::api {
namespace {

using HealthApi = ApiTest;

TEST_F(HealthApi, TellsThatAllIsWell) {
  const Json body = body_of(get("/api/v1/health"));
  EXPECT_EQ(body["status"], "healthy");
  EXPECT_TRUE(body["version"].is_string());
  EXPECT_EQ(body["storage"], (Json{{"backend", "memory"}, {"status", "ok"}}));
  EXPECT_TRUE(body["uptime_seconds"].is_number_integer());
  for (const char* path : {"/healthz", "/readyz", "/startupz"}) EXPECT_EQ(get(path).status, 200) << path;
}

TEST_F(HealthApi, TellsThatTheStoreIsGoneAndReportsWhy) {
  store_.close();
  const http::Response response = get("/api/v1/health");
  EXPECT_EQ(body_of(response, 503)["status"], "unhealthy");
  EXPECT_EQ(response.headers.count("Retry-After"), 1u);
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_FALSE(reported_.empty());
}

TEST_F(HealthApi, IsNotReadyWhenItStops) {
  api_.stop();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/startupz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/api/v1/metrics").status, 200);
}

TEST(HealthBeforeTheStoreIsOpen, SaysThatItStarts) {
  const Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  const auto get = [&](const std::string& path) {
    http::Request request;
    request.method = "GET";
    request.path = path;
    return api.handle(request);
  };
  EXPECT_EQ(get("/healthz").status, 200);
  for (const char* path : {"/readyz", "/startupz", "/api/v1/health", "/api/v1/metrics"}) {
    EXPECT_EQ(get(path).status, 503) << path;
  }
  EXPECT_EQ(get("/api/v1/metrics").headers.count("Retry-After"), 1u);
}

TEST(HealthUrgent, AreSupervisorsRequestsOnly) {
  const Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}, .metrics_path = "/internal"});
  http::Request request;
  for (const char* path : {"/healthz", "/readyz", "/startupz", "/api/v1/health", "/internal"}) {
    request.path = path;
    EXPECT_TRUE(api.is_urgent(request)) << path;
  }
  for (const char* path : {"/api/v1/query", "/metrics", "/internal/", "/api/v1/metrics"}) {
    request.path = path;
    EXPECT_FALSE(api.is_urgent(request)) << path;
  }
}

}  // namespace
}  // namespace luminate::server::api
