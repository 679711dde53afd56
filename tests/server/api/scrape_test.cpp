#include "api_test.hpp"
#include "tests/server/auth/tokens.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kToken = "scrape-token-of-32-characters...";

/// The Api before its store is open, as a scrape needs none.
class Scrape : public ::testing::Test {
 protected:
  static Api::Hooks hooks() {
    return {.report = [](const http::Request&, ErrorCode, std::string_view) {},
            .scrape = [] { return std::string("the_metrics 1\n"); }};
  }
  static http::Response ask(const Api& api, const std::string& authorization, const std::string& path = "/metrics") {
    http::Request request;
    request.method = "GET";
    request.path = path;
    if (!authorization.empty()) request.headers["Authorization"] = authorization;
    return api.handle(request);
  }
};

TEST_F(Scrape, AnswersInTheFormatOfPrometheusBeforeTheStoreIsOpen) {
  const Api api(hooks());
  const http::Response response = ask(api, "");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "the_metrics 1\n");
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.route, "/metrics");
}

TEST_F(Scrape, IsWhereTheConfigurationSays) {
  Api::Hooks elsewhere = hooks();
  elsewhere.metrics_path = "/internal/metrics";
  const Api api(elsewhere);
  EXPECT_EQ(ask(api, "", "/internal/metrics").status, 200);
  EXPECT_EQ(ask(api, "", "/internal/metrics").route, "/internal/metrics");
  EXPECT_EQ(ask(api, "").status, 404);
}

TEST_F(Scrape, IsNowhereWhenItIsOff) {
  Api::Hooks off = hooks();
  off.scrape = nullptr;
  EXPECT_EQ(ask(Api(off), "").status, 404);
}

TEST_F(Scrape, TakesItsTokenAndNoOther) {
  const auto verifier = std::make_shared<const auth::Verifier>(
      [] {
        auth::KeyRing keys;
        keys.set_default(auth::secret_key(auth::Algorithm::hs256));
        return keys;
      }(),
      auth::TokenRules{});
  const auth::Authenticator authenticator(verifier, [] { return auth::kNow; });
  auth::ScrapeToken token(kToken);
  const Api api(hooks(), AccessControl(authenticator).with_scrape_token(token));
  const std::string admin = auth::token_with(auth::claims_text("", auth::kNow + 100, R"(["admin"])", ""));

  for (const std::string& none : {std::string(), std::string("Bearer"), std::string("Bearer "), std::string(kToken),
                                  "Basic " + std::string(kToken)}) {
    const http::Response response = ask(api, none);
    EXPECT_EQ(response.status, 401) << none;
    EXPECT_EQ(response.reason, "no_token");
    EXPECT_EQ(response.headers.at("WWW-Authenticate"), "Bearer realm=\"luminate\"");
  }
  const std::string good(kToken);
  for (const std::string& wrong : {good + '.', good.substr(1), good.substr(0, good.size() - 1), "S" + good.substr(1),
                                   good + ", Bearer " + good, admin, std::string("x")}) {
    const http::Response response = ask(api, "Bearer " + wrong);
    EXPECT_EQ(response.status, 401) << wrong;
    EXPECT_EQ(response.reason, "wrong_scrape_token");
    EXPECT_EQ(response.body.find(wrong), std::string::npos);
  }
  EXPECT_EQ(ask(api, "Bearer " + good).status, 200);
  EXPECT_EQ(ask(api, "bearer  " + good).status, 200);
  // It opens nothing else.
  EXPECT_EQ(ask(api, "Bearer " + good, "/api/v1/metrics").status, 401);

  token.replace(auth::ScrapeToken::digest("another-scrape-token"));
  EXPECT_EQ(ask(api, "Bearer " + good).status, 401);
  EXPECT_EQ(ask(api, "Bearer another-scrape-token").status, 200);
  token.replace(auth::ScrapeToken::digest(""));
  EXPECT_EQ(ask(api, "").status, 200);
}

TEST_F(Scrape, IsNotForPagesThatGoByAnotherName) {
  const auth::ScrapeToken none;
  const Api api(hooks(), AccessControl(HostNames({"metrics.local"})).with_scrape_token(none));
  http::Request request;
  request.method = "GET";
  request.path = "/metrics";
  request.headers["Host"] = "evil.example";
  EXPECT_EQ(api.handle(request).status, 403);
  request.headers["Host"] = "metrics.local:8080";
  EXPECT_EQ(api.handle(request).status, 200);
}

}  // namespace
}  // namespace luminate::server::api
