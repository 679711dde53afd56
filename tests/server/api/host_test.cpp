#include "server/api/host.hpp"

#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class Host : public ApiTest {
 protected:
  Host() : ApiTest(options(), AccessControl(HostNames({"metrics.local"}))) {}

  int status_of(const std::string& host, const std::string& path = "/api/v1/metrics") {
    return call("GET", path, {}, "", {{"Host", host}}).status;
  }
};

/// What a browser sends for a page of evil.example, whose name was made to point to 127.0.0.1 meanwhile: Origin and
/// Host are the same.
TEST_F(Host, OfAPageThatWasMadeToPointHereIsRefused) {
  const http::Response answer = call("POST", "/api/v1/write", {}, R"({"metrics":[{"name":"m","value":1}]})",
                                     {{"Origin", "http://evil.example:8080"}, {"Host", "evil.example:8080"}});
  const Json error = expect_error(answer, 403, "FORBIDDEN");
  EXPECT_EQ(error["details"].value("field", ""), "Host");
  EXPECT_EQ(store_.series_count(), 0u);
}

TEST_F(Host, MayBeLocalhostAnAddressOrAConfiguredName) {
  for (const char* host : {"localhost", "localhost:8080", "LocalHost:1", "127.0.0.1", "127.0.0.1:65535", "[::1]",
                           "[::1]:8080", "10.0.0.7:8080", "metrics.local", "METRICS.LOCAL:80", "localhost:"}) {
    EXPECT_EQ(status_of(host), 200) << host;
  }
}

TEST_F(Host, MayBeNothingElse) {
  for (const char* host : {"evil.example",
                           "evil.example:8080",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "xlocalhost",
                           "metrics.local.evil.example",
                           "notmetrics.local",
                           "",
                           ":8080",
                           "localhost:8080:9",
                           "localhost:x",
                           "localhost:123456",
                           "[evil.example]",
                           "[::1",
                           "[::1]x",
                           "127.1",
                           "0x7f000001",
                           "2130706433",
                           "localhost, evil.example",
                           "evil.example#localhost",
                           "localhost."}) {
    EXPECT_EQ(status_of(host), 403) << host;
  }
  expect_error(call("GET", "/api/v1/metrics"), 403, "FORBIDDEN");
}

TEST_F(Host, DoesNotMatterToSupervisors) {
  for (const char* path : {"/healthz", "/readyz", "/startupz", "/api/v1/health"}) {
    EXPECT_EQ(status_of("pod-7.cluster", path), 200) << path;
  }
}

TEST(HostNames, AreNotCheckedUnlessToldSo) {
  http::Request request;
  request.headers["Host"] = "anything";
  EXPECT_FALSE(HostNames().refuse_foreign(request));
  EXPECT_TRUE(HostNames(std::vector<std::string>()).refuse_foreign(request));
}

}  // namespace
}  // namespace luminate::server::api
