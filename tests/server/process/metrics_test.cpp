#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "server_process.hpp"
#include "support/temporary_directory.hpp"
#include "tests/server/metrics/exposition.hpp"
#include "tests/server/metrics/promtool.hpp"

namespace luminate::server {
namespace {

const std::string kScrapeToken = "scrape-token-9f8e7d6c5b4a39281706";
const std::string kOtherScrapeToken = "another-scrape-token-00112233445566";
const std::string kJwtSecret = "jwt-secret-1a2b3c4d5e6f708192a3b4c5d6e7f809";

std::string request(const std::string& method, const std::string& path, const std::string& headers = "",
                    const std::string& body = "") {
  return method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers +
         (body.empty() && method == "GET"
              ? ""
              : "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n") +
         "\r\n" + body;
}

std::string bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

std::string status_of(const std::string& answer) {
  return answer.size() < 12 ? "" : answer.substr(9, 3);
}

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

class MetricsProcess : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void configure(const std::string& text) const {
    std::ofstream(path("new.yaml")) << text;
    std::filesystem::rename(path("new.yaml"), path("luminate.yaml"));
  }
  std::vector<std::string> arguments() const {
    return {"--config", path("luminate.yaml"), "--port", "0", "--log-format", "json"};
  }
  std::string token(const std::string& tenant, const std::string& scopes) const {
    std::vector<std::string> words{"token", "--config", path("luminate.yaml"), "--scopes", scopes};
    if (!tenant.empty()) words.insert(words.end(), {"--tenant", tenant});
    ServerProcess made(words);
    EXPECT_EQ(made.wait_for_end(), 0) << made.output();
    return made.output().substr(0, made.output().size() - 1);
  }

  const test::TemporaryDirectory folder_;
};

/// Some of everything that a server meets, of two tenants.
void send_mixed_traffic(std::uint16_t port, const std::string& acme, const std::string& other) {
  const std::string point = R"({"metrics":[{"name":"m","value":1,"dimensions":{"k":"v"}},{"name":"1","value":2}]})";
  for (const std::string& who : {acme, other}) {
    EXPECT_EQ(status_of(send_alone(port, request("POST", "/api/v1/write", bearer(who), point))), "207");
    for (const char* const query : {R"("aggregate","aggregation":"p95")", R"("range")", R"("rate")", R"("nonsense")"}) {
      send_alone(port, request("POST", "/api/v1/query", bearer(who),
                               std::string(R"({"queryType":)") + query +
                                   R"(,"metricName":"m","timeRange":{"relative":"1h"}})"));
    }
    EXPECT_EQ(status_of(send_alone(port, request("GET", "/api/v1/metrics", bearer(who)))), "200");
  }
  for (const char* const odd : {"/healthz", "/readyz", "/no/such/path?token=in-a-query-string", "/api/v1/metrics"}) {
    send_alone(port, request("GET", odd));
  }
  send_alone(port, request("DELETE", "/api/v1/write"));
  send_alone(port, "nonsense\r\n\r\n");
  send_alone(port, request("GET", "/api/v1/metrics", bearer(acme + "x")));
}

TEST_F(MetricsProcess, ArePleasantToPromtoolAfterMixedTraffic) {
  LUMINATE_NEEDS_PROMTOOL();
  configure("auth:\n  enabled: true\n  jwt_secret: " + kJwtSecret + "\nmetrics:\n  token: " + kScrapeToken +
            "\nstorage:\n  url: sqlite:" + path("m.db") + "\n");
  const std::string acme = token("acme \\ \"quoted\"", "read,write");
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  send_mixed_traffic(port, acme, token("other", "read,write"));
  const std::string answer = send_alone(port, request("GET", "/metrics", bearer(kScrapeToken)));
  EXPECT_EQ(status_of(answer), "200");
  EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4"), std::string::npos);
  const std::string text = body_of(answer);
  std::ofstream(path("metrics.txt")) << text;
  const PromtoolOutcome outcome = promtool("check metrics < " + path("metrics.txt"));
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(outcome.output, "") << "it has an opinion";

  const Exposition found(text);
  EXPECT_EQ(found.value(R"(luminate_points_ingested_total{tenant="other"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_points_ingested_total{tenant="acme \\ \"quoted\""})"), 1);
  EXPECT_EQ(found.value(R"(luminate_points_rejected_total{reason="INVALID_METRIC_NAME",tenant="other"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_tenant_series{tenant="other"})"), 1);
  EXPECT_EQ(found.value("luminate_storage_series"), 2);
  EXPECT_GT(found.value("luminate_storage_size_bytes"), 0);
  EXPECT_GT(found.value("luminate_storage_disk_available_bytes"), 0);
  EXPECT_EQ(found.value(R"(luminate_http_requests_total{method="DELETE",route="/api/v1/write",status="405"})"), 1);
  EXPECT_EQ(found.value(R"(luminate_auth_failures_total{reason="no_token"})"), 1);
  EXPECT_EQ(found.value("luminate_http_active_requests"), 1) << "this one";
  EXPECT_EQ(text.find("no/such/path"), std::string::npos);
}

TEST_F(MetricsProcess, NameNoTenantToWhomNeedsNoToken) {
  configure("auth:\n  enabled: true\n  jwt_secret: " + kJwtSecret + "\nstorage:\n  url: \"memory:\"\n");
  const std::string acme = token("acme", "read,write");
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  send_mixed_traffic(port, acme, token("other", "read,write"));
  const std::string text = body_of(send_alone(port, request("GET", "/metrics")));
  EXPECT_EQ(text.find("acme"), std::string::npos);
  EXPECT_EQ(Exposition(text).value(R"(luminate_points_ingested_total{tenant="_other"})"), 2);
  EXPECT_EQ(Exposition(text).value(R"(luminate_tenant_series{tenant="_other"})"), 2);
}

TEST_F(MetricsProcess, FollowTheTokenTheLogLevelAndTheSlowQueryOfAReload) {
  const auto text = [&](const std::string& scrape, const std::string& logging) {
    return "storage:\n  url: \"memory:\"\nmetrics:\n  token: " + scrape + "\nlogging:\n  " + logging + "\n";
  };
  configure(text(kScrapeToken, "level: error"));
  ServerProcess server(
      {"--config", path("luminate.yaml"), "--port", "0", "--log-format", "json", "--log-level", "info"});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(status_of(send_alone(port, request("GET", "/metrics", bearer(kScrapeToken)))), "200");

  // Environment and command line come before a file: the level stays, and a bad file changes nothing.
  configure(text("short", "slow_query: 0ms"));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("not reloaded"));
  EXPECT_EQ(server.output().find("\"short\""), std::string::npos);
  const Exposition failed(body_of(send_alone(port, request("GET", "/metrics", bearer(kScrapeToken)))));
  EXPECT_EQ(failed.value("luminate_config_last_reload_successful"), 0);

  configure(text(kOtherScrapeToken, "slow_query: 0ms"));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"reloaded"));
  EXPECT_EQ(status_of(send_alone(port, request("GET", "/metrics", bearer(kScrapeToken)))), "401");
  const Exposition found(body_of(send_alone(port, request("GET", "/metrics", bearer(kOtherScrapeToken)))));
  EXPECT_EQ(found.value("luminate_config_last_reload_successful"), 1);
  EXPECT_EQ(found.value(R"(luminate_auth_failures_total{reason="wrong_scrape_token"})"), 1);
  send_alone(
      port, request("POST", "/api/v1/query", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n",
                    R"({"queryType":"range","metricName":"slow","timeRange":{"relative":"1h"}})"));
  EXPECT_TRUE(server.wait_for_output(R"("message":"slow query")"));
  EXPECT_TRUE(server.wait_for_output(R"(\"metricName\":\"slow\")"));
  EXPECT_NE(
      server.output().find(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","parent_span_id":"00f067aa0ba902b7")"),
      std::string::npos);
}

class SecretsInLogs : public MetricsProcess, public ::testing::WithParamInterface<const char*> {};

TEST_P(SecretsInLogs, AreNone) {
  const std::string file_secret = "secret-in-a-file-5f4e3d2c1b0a99887766";
  std::ofstream(path("key")) << file_secret;
  ::chmod(path("key").c_str(), S_IRUSR | S_IWUSR);
  const auto configuration = [&](const std::string& level) {
    return "auth:\n  enabled: true\n  jwt_secret: " + kJwtSecret + "\n  keys: {\"k1\": HS256 " + path("key") +
           "}\nmetrics:\n  token: " + kScrapeToken + "\nlogging:\n  slow_query: 0ms\n  level: " + level +
           "\nstorage:\n  url: \"memory:\"\n";
  };
  configure(configuration("info"));
  const std::string acme = token("acme", "read,write");
  const std::string admin = token("", "read,write,admin");
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  configure(configuration(GetParam()));
  ASSERT_EQ(status_of(send_alone(port, request("POST", "/api/v1/admin/reload", bearer(admin)))), "200");
  send_mixed_traffic(port, acme, admin);
  send_alone(port, request("GET", "/metrics", bearer(kScrapeToken)));
  send_alone(port, request("GET", "/metrics", bearer(kScrapeToken + "x")));
  send_alone(port, request("GET", "/api/v1/metrics?access_token=" + acme));
  configure("auth:\n  enabled: true\n  jwt_secret: " + kJwtSecret + "\nmetrics:\n  token: " + kScrapeToken +
            " with a space\nstorage:\n  url: postgresql://u:pass-word-4711@127.0.0.1/x?password=pass-word-4711\n");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("not reloaded"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0);
  // Neither they, nor what would be enough of them. A token's header is no secret.
  std::vector<std::string> secrets{kScrapeToken, kJwtSecret, file_secret, "pass-word-4711", "in-a-query-string"};
  for (const std::string& signed_token : {acme, admin}) {
    const std::size_t claims = signed_token.find('.') + 1;
    secrets.push_back(signed_token.substr(claims, 24));
    secrets.push_back(signed_token.substr(signed_token.rfind('.') + 1));
  }
  for (const std::string& secret : secrets) {
    EXPECT_EQ(server.output().find(secret), std::string::npos) << secret;
    EXPECT_EQ(server.output().find(secret.substr(0, 16)), std::string::npos) << secret;
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, SecretsInLogs, ::testing::Values("debug", "info", "warning", "error"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace luminate::server
