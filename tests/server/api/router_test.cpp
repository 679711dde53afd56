#include "api_test.hpp"

namespace luminate::server::api {
namespace {

using Routing = ApiTest;

TEST_F(Routing, KnowsNoOtherPaths) {
  for (const char* path : {"", "/api", "/api/v1", "/api/v1/", "/api/v1/write/", "/api/v1/writes", "/API/v1/write",
                           "//api/v1/write", "/api/v1/metrics/", "/api/v1/metrics/m", "/api/v1/metrics//dimensions",
                           "/api/v1/metrics/m/dimensions/", "/api/v1/metrics/a/b/dimensions", "/openapi.yaml",
                           "/openapi.json/", "/metrics/", "/healthz/x", "/../healthz", "*"}) {
    const http::Response response = get(path);
    expect_error(response, 404, "NOT_FOUND");
    EXPECT_EQ(response.route, "");
  }
}

TEST_F(Routing, NamesTheMethodsThatAPathTakes) {
  const auto allowed = [&](const std::string& method, const std::string& path) {
    const http::Response response = call(method, path);
    expect_error(response, 405, "METHOD_NOT_ALLOWED");
    return response.headers.count("Allow") == 1 ? response.headers.at("Allow") : "";
  };
  EXPECT_EQ(allowed("GET", "/api/v1/write"), "POST");
  EXPECT_EQ(allowed("PUT", "/api/v1/query"), "POST");
  EXPECT_EQ(allowed("POST", "/api/v1/metrics"), "GET, HEAD");
  EXPECT_EQ(allowed("DELETE", "/api/v1/metrics"), "GET, HEAD");
  EXPECT_EQ(allowed("GET", "/api/v1/admin/metrics/m"), "DELETE");
  EXPECT_EQ(allowed("OPTIONS", "/healthz"), "GET, HEAD");
  EXPECT_EQ(allowed("get", "/healthz"), "GET, HEAD");
}

TEST_F(Routing, AnswersHeadAsGet) {
  EXPECT_EQ(call("HEAD", "/api/v1/metrics").status, 200);
}

TEST_F(Routing, PointsToTheDocumentation) {
  const http::Response response = get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("docs/http-api.md"), std::string::npos);
}

}  // namespace
}  // namespace luminate::server::api
