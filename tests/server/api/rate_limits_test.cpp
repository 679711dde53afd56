#include "server/api/rate_limits.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "api_test.hpp"
#include "tests/server/auth/tokens.hpp"

namespace luminate::server::api {
namespace {

using limits::Cost;
using limits::Rates;
using limits::TenantLimiter;
using limits::TenantRates;

const std::string kPoint = R"({"metrics":[{"name":"m","value":1}]})";
const std::string kAsk = R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1d"}})";

std::shared_ptr<const auth::Verifier> verifier() {
  auth::KeyRing keys;
  keys.set_default(auth::secret_key());
  return std::make_shared<const auth::Verifier>(std::move(keys), auth::TokenRules{});
}

std::string points(std::size_t good, std::size_t bad = 0) {
  std::string body = R"({"metrics":[)";
  for (std::size_t i = 0; i < good + bad; ++i) {
    body +=
        (i == 0 ? "" : ",") + std::string(R"({"name":"m","value":)") + (i < good ? "1" : R"(1,"dimensions":{"":""})");
    body += '}';
  }
  return body + "]}";
}

/// Stands before ApiTest, whose Api asks it. Time stands still unless a test says otherwise.
struct WithLimits {
  auth::Authenticator authenticator{verifier(), [] { return auth::kNow; }};
  TenantLimiter::Time now{std::chrono::hours(1000)};
  TenantLimiter limiter{TenantRates{}, [this] { return now; }};
};

class RateLimits : protected WithLimits, public ApiTest {
 protected:
  RateLimits() : ApiTest(options(), AccessControl(authenticator), nullptr, &limiter) {}

  void limit(Rates others, std::map<std::string, Rates, std::less<>> named = {}) {
    limiter.apply(std::make_shared<const TenantRates>(TenantRates{others, std::move(named)}));
  }

  static http::Headers headers(const std::string& tenant, const std::string& scopes = R"(["read","write","admin"])") {
    const std::string quoted = tenant.empty() ? "" : '"' + tenant + '"';
    return {{"Authorization", "Bearer " + auth::token_with(auth::claims_text("", auth::kNow + 100, scopes, quoted))}};
  }
  http::Response write_as(const std::string& tenant, const std::string& body = kPoint) {
    return call("POST", "/api/v1/write", {}, body, headers(tenant));
  }
  http::Response ask_as(const std::string& tenant) { return call("POST", "/api/v1/query", {}, kAsk, headers(tenant)); }

  /// A request whose head was seen, as the transport does it.
  http::Request head(const std::string& method, const std::string& path, const std::string& tenant) const {
    http::Request request;
    request.method = method;
    request.path = path;
    request.headers = headers(tenant);
    return request;
  }

  static std::string header(const http::Response& response, const std::string& name) {
    const auto found = response.headers.find(name);
    return found == response.headers.end() ? "" : found->second;
  }
};

TEST_F(RateLimits, AnswerWhoIsTooFastWithWhatItNeedsToKnow) {
  limit({2, {}, {}, {}});
  EXPECT_EQ(write_as("acme").status, 200);
  const http::Response last = write_as("acme");
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(header(last, "X-RateLimit-Limit"), "2");
  EXPECT_EQ(header(last, "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(header(last, "X-RateLimit-Reset"), "1");
  EXPECT_EQ(last.limited, "");

  const http::Response refused = write_as("acme");
  const Json error = expect_error(refused, 429, "RATE_LIMIT_EXCEEDED");
  EXPECT_EQ(error["message"], "too many write requests: this tenant may make 2 a second; try again in 1 s");
  EXPECT_EQ(error["details"],
            Json::parse(R"({"limit":"write_requests_per_second","allowed":2,"retryAfterSeconds":1})"));
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_EQ(header(refused, "X-RateLimit-Limit"), "2");
  EXPECT_EQ(header(refused, "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(header(refused, "X-RateLimit-Reset"), "1");
  EXPECT_EQ(refused.limited, "write_requests");
  EXPECT_EQ(refused.tenant, "acme");
  EXPECT_EQ(refused.route, "/api/v1/write");
  EXPECT_EQ(Json::parse(ask_as("acme").body)["results"].size(), 1u) << "what was refused was not stored";

  now += std::chrono::milliseconds(500);
  EXPECT_EQ(write_as("acme").status, 200);
}

TEST_F(RateLimits, CountEveryRouteAsItsTableSays) {
  std::set<std::string> counted;
  for (const Route& route : api_.routes()) {
    const std::string name = std::string(route.method) + ' ' + std::string(route.pattern);
    const bool writes = route.cost == Cost::write;
    limit(writes ? Rates{1, {}, {}, {}} : Rates{{}, 1, {}, {}});
    now += std::chrono::seconds(1);
    const std::string tenant = route.access == Access::server ? "" : "acme";
    std::string path(route.pattern);
    while (path.find('{') != std::string::npos) path.replace(path.find('{'), path.find('}') - path.find('{') + 1, "m");
    const auto ask = [&] {
      http::Request request = head(std::string(route.method), path, tenant);
      if (api_.is_urgent(request)) return api_.handle(request);
      const auto refusal = api_.admit(request);
      return refusal ? *refusal : api_.handle(request);
    };
    const http::Response first = ask();
    EXPECT_NE(first.status, 429) << name;
    EXPECT_EQ(header(first, "X-RateLimit-Limit"), route.cost == Cost::none ? "" : "1") << name;
    const http::Response second = ask();
    EXPECT_EQ(second.status == 429, route.cost != Cost::none) << name;
    if (second.status == 429) counted.insert(name);
    if (route.access == Access::open) {
      EXPECT_EQ(route.cost, Cost::none) << name << " has no tenant";
    }
    if (route.access == Access::read) {
      EXPECT_EQ(route.cost, Cost::query) << name;
    }
    if (route.access == Access::write) {
      EXPECT_EQ(route.cost, Cost::write) << name;
    }
  }
  EXPECT_TRUE(counted.contains("POST /api/v1/write"));
  EXPECT_TRUE(counted.contains("POST /api/v1/query"));
  EXPECT_TRUE(counted.contains("GET /api/v1/metrics"));
  EXPECT_FALSE(counted.contains("GET /readyz"));
}

TEST_F(RateLimits, OfOneTenantAreNothingToAnother) {
  limit({5, 5, 100, 1});
  const auto quiet = [&] {
    const http::Response write = write_as("quiet");
    const http::Response query = ask_as("quiet");
    now += std::chrono::seconds(1);
    return std::tuple(write.status, write.headers, query.status, query.headers);
  };
  quiet();
  const auto alone = quiet();
  for (int i = 0; i < 50; ++i) {
    write_as("loud", points(1000));
    ask_as("loud");
  }
  http::Request running = head("POST", "/api/v1/query", "loud");
  now += std::chrono::seconds(1);
  EXPECT_FALSE(api_.admit(running));
  EXPECT_EQ(ask_as("loud").status, 429);
  EXPECT_EQ(write_as("loud").status, 429);
  EXPECT_EQ(quiet(), alone) << "neither refused, nor shown anything";
}

TEST_F(RateLimits, OfNamedTenantsAreTheirOwn) {
  limit({1, {}, {}, {}}, {{"big", {3, {}, {}, {}}}, {"free", {}}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(write_as("big").status, 200);
  EXPECT_EQ(write_as("big").status, 429);
  EXPECT_EQ(write_as("small").status, 200);
  EXPECT_EQ(write_as("small").status, 429);
  for (int i = 0; i < 20; ++i) {
    const http::Response response = write_as("free");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "X-RateLimit-Limit"), "");
  }
}

TEST_F(RateLimits, ArePaidByTheTenantThatAnAdminNames) {
  limit({{}, 1, {}, {}});
  http::Headers named = headers("", R"(["read","admin"])");
  named["X-Luminate-Tenant"] = "acme";
  EXPECT_EQ(call("GET", "/api/v1/metrics", {}, "", named).status, 200);
  EXPECT_EQ(ask_as("acme").status, 429);
  EXPECT_EQ(call("GET", "/api/v1/metrics", {}, "", named).status, 429);
  EXPECT_EQ(call("GET", "/api/v1/metrics", {}, "", headers("", R"(["read","admin"])")).status, 200);
  EXPECT_EQ(ask_as("other").status, 200);
}

TEST_F(RateLimits, CountPointsAlsoThoseThatAreRefused) {
  limit({{}, {}, 100, {}});
  EXPECT_EQ(write_as("a", points(99)).status, 200);
  EXPECT_EQ(write_as("a", points(1)).status, 200);
  expect_error(write_as("a", points(1)), 429, "RATE_LIMIT_EXCEEDED");

  EXPECT_EQ(write_as("b", points(50, 49)).status, 207);
  EXPECT_EQ(write_as("b", points(0, 1)).status, 400);
  const http::Response refused = write_as("b");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.limited, "points");
  EXPECT_EQ(header(refused, "X-RateLimit-Limit"), "100");

  const http::Response large = write_as("c", points(1000));
  EXPECT_EQ(large.status, 200) << "a batch may be larger than a second's worth";
  EXPECT_EQ(header(large, "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(header(large, "X-RateLimit-Reset"), "10");
  EXPECT_EQ(header(write_as("c"), "Retry-After"), "10") << "900 are owed, and one is needed";
}

TEST_F(RateLimits, CountBodiesThatHoldNoPoints) {
  limit({{}, {}, 100, {}});
  EXPECT_EQ(write_as("a", std::string(50 * 128, 'x')).status, 400);
  EXPECT_EQ(write_as("a", std::string(50 * 128, 'x')).status, 400);
  EXPECT_EQ(write_as("a").status, 429);
  // White space around a point.
  EXPECT_EQ(write_as("b", kPoint + std::string(99 * 1024, ' ')).status, 200);
  EXPECT_EQ(header(write_as("b"), "X-RateLimit-Remaining"), "0");
  EXPECT_EQ(write_as("b").status, 429);
  // What never arrives counts by what was announced.
  {
    http::Request announced = head("POST", "/api/v1/write", "c");
    EXPECT_FALSE(api_.admit(announced));
    announced.admission->expect_body(1'000'000);
    EXPECT_EQ(write_as("c").status, 429);
  }
  EXPECT_EQ(write_as("c").status, 429);
}

TEST_F(RateLimits, GiveBackWhatABodyDidNotHold) {
  limit({{}, {}, 100, {}});
  http::Request request = head("POST", "/api/v1/write", "a");
  EXPECT_FALSE(api_.admit(request));
  request.body = kPoint + std::string(10'000, ' ');
  request.admission->expect_body(request.body.size());
  const http::Response response = api_.handle(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "X-RateLimit-Remaining"), std::to_string(100 - 9)) << "a point for each KiB";
}

TEST_F(RateLimits, ChargeARequestOnceFromItsHead) {
  limit({2, 2, {}, {}});
  for (const char* path : {"/api/v1/write", "/api/v1/query"}) {
    const bool writes = path == std::string("/api/v1/write");
    for (int i = 0; i < 2; ++i) {
      http::Request request = head("POST", path, "acme");
      EXPECT_FALSE(api_.admit(request));
      request.body = writes ? kPoint : kAsk;
      const http::Response response = api_.handle(request);
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(header(response, "X-RateLimit-Remaining"), std::to_string(1 - i));
    }
    http::Request request = head("POST", path, "acme");
    const auto refused = api_.admit(request);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 429);
    EXPECT_EQ(request.admission, nullptr);
  }
}

TEST_F(RateLimits, HoldAQuerysPlaceUntilItsAnswerHasBeenSent) {
  limit({{}, {}, {}, 2});
  http::Request first = head("POST", "/api/v1/query", "acme");
  http::Request second = head("GET", "/api/v1/metrics", "acme");
  EXPECT_FALSE(api_.admit(first));
  EXPECT_FALSE(api_.admit(second));
  first.body = kAsk;
  EXPECT_EQ(api_.handle(first).status, 200);
  const http::Response refused = ask_as("acme");
  const Json error = expect_error(refused, 429, "RATE_LIMIT_EXCEEDED");
  EXPECT_EQ(error["details"]["limit"], "concurrent_queries");
  EXPECT_EQ(refused.limited, "concurrent_queries");
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_EQ(header(refused, "X-RateLimit-Limit"), "2");
  EXPECT_EQ(write_as("acme").status, 200);
  first.admission.reset();
  EXPECT_EQ(ask_as("acme").status, 200);
  EXPECT_EQ(ask_as("acme").status, 200) << "a query that ended holds no place";
}

TEST_F(RateLimits, AskForATokenFirst) {
  limit({{}, 1, {}, {}});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(call("GET", "/api/v1/metrics").status, 401);
    EXPECT_EQ(call("GET", "/api/v1/metrics", {}, "", headers("acme", R"(["write"])")).status, 403);
    EXPECT_EQ(call("GET", "/api/v1/nowhere", {}, "", headers("acme")).status, 404);
  }
  EXPECT_EQ(ask_as("acme").status, 200) << "nobody else can use up what is a tenant's";
}

}  // namespace
}  // namespace luminate::server::api
