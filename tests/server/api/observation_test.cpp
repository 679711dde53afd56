#include "api_test.hpp"

namespace luminate::server::api {
namespace {

/// What the API tells those who watch it, beside its answers.
class Observation : public ApiTest {
 protected:
  using ApiTest::ApiTest;

  http::Response handle(const std::string& method, const std::string& path, std::string body = "") {
    request_.method = method;
    request_.path = path;
    request_.body = std::move(body);
    request_.storage = {};
    return api_.handle(request_);
  }

  http::Request request_;
};

TEST_F(Observation, CountsRejectedPointsByReason) {
  const http::Response response =
      handle("POST", "/api/v1/write",
             R"({"metrics":[{"name":"m","value":1},{"name":"1","value":1},{"name":"m","value":1,"timestamp":1},
                {"name":"2","value":1}]})");
  EXPECT_EQ(response.status, 207);
  EXPECT_EQ(response.accepted, 1u);
  ASSERT_EQ(response.rejected.size(), 2u);
  EXPECT_EQ(response.rejected[0].code, "INVALID_METRIC_NAME");
  EXPECT_EQ(response.rejected[0].points, 2u);
  EXPECT_EQ(response.rejected[1].code, "INVALID_TIMESTAMP");
  EXPECT_EQ(response.rejected[1].points, 1u);
}

TEST_F(Observation, CountsThemWhereNoneIsGood) {
  const http::Response response = handle("POST", "/api/v1/write", R"({"metrics":[{"name":"1","value":1}]})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.code, "VALIDATION_FAILED");
  EXPECT_EQ(response.accepted, 0u);
  ASSERT_EQ(response.rejected.size(), 1u);
  EXPECT_EQ(response.rejected[0].points, 1u);
}

TEST_F(Observation, NamesWhatTheStorageDid) {
  const std::string range = R"("metricName":"m","timeRange":{"relative":"1h"}})";
  const auto operation = [&](const std::string& method, const std::string& path, const std::string& body = "") {
    const http::Response response = handle(method, path, body);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(request_.storage.time.count() > 0, !request_.storage.operation.empty());
    return request_.storage.operation;
  };
  EXPECT_EQ(operation("POST", "/api/v1/write", R"({"metrics":[{"name":"m","value":1}]})"), "write");
  EXPECT_EQ(operation("POST", "/api/v1/query", R"({"queryType":"range",)" + range), "range");
  EXPECT_EQ(operation("POST", "/api/v1/query", R"({"queryType":"rate",)" + range), "rate");
  EXPECT_EQ(operation("POST", "/api/v1/query", R"({"queryType":"aggregate","aggregation":"avg",)" + range),
            "aggregate");
  EXPECT_EQ(operation("GET", "/api/v1/metrics"), "metrics");
  EXPECT_EQ(operation("GET", "/api/v1/metrics/m/dimensions"), "dimensions");
  EXPECT_EQ(operation("GET", "/api/v1/metrics/m/dimensions/k/values"), "values");
  EXPECT_EQ(operation("GET", "/healthz"), "");
}

TEST_F(Observation, TimesTheStorageAlsoWhereItFails) {
  store_.close();
  const http::Response response =
      handle("POST", "/api/v1/query", R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.code, "STORE_CLOSED");
  EXPECT_EQ(request_.storage.operation, "range");
  EXPECT_GT(request_.storage.time.count(), 0);
}

TEST_F(Observation, SaysWhyPagesAreTurnedAway) {
  request_.headers["Host"] = "localhost";
  request_.headers["Origin"] = "http://elsewhere";
  EXPECT_EQ(handle("GET", "/healthz").reason, "foreign_origin");
}

}  // namespace
}  // namespace luminate::server::api
