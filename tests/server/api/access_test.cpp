#include "server/api/access.hpp"

#include <tuple>

#include "api_test.hpp"
#include "server/auth/base64url.hpp"
#include "tests/server/auth/tokens.hpp"

namespace luminate::server::api {
namespace {

using auth::Algorithm;
using auth::Key;
using namespace auth::test_keys;

/// A way of signing, and a key that somebody else has.
struct Signer {
  Algorithm algorithm;
  Key verifying;
  Key signing;
  Key foreign;
};

constexpr const char* kOtherSecret = "another secret of 32 bytes......";

Signer signer(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::rs256:
      return {algorithm, Key::from_public_pem(algorithm, kRsaPublic), Key::from_private_pem(algorithm, kRsaPrivate),
              Key::from_private_pem(algorithm, kOtherRsaPrivate)};
    case Algorithm::es256:
      return {algorithm, Key::from_public_pem(algorithm, kEcPublic), Key::from_private_pem(algorithm, kEcPrivate),
              Key::from_private_pem(algorithm, kOtherEcPrivate)};
    case Algorithm::eddsa:
      return {algorithm, Key::from_public_pem(algorithm, kEdPublic), Key::from_private_pem(algorithm, kEdPrivate),
              Key::from_private_pem(algorithm, kOtherEdPrivate)};
    default:
      return {algorithm, auth::secret_key(algorithm), auth::secret_key(algorithm),
              auth::secret_key(algorithm, kOtherSecret)};
  }
}

auth::KeyRing ring_of(const Signer& signer) {
  auth::KeyRing keys;
  keys.set_default(signer.verifying);
  return keys;
}

/// Stands before ApiTest, whose Api asks it.
struct WithAuthenticator {
  explicit WithAuthenticator(Signer given)
      : signer(std::move(given)),
        authenticator(std::make_shared<const auth::Verifier>(ring_of(signer), auth::TokenRules{}),
                      [] { return auth::kNow; }) {}

  Signer signer;
  auth::Authenticator authenticator;
};

class AccessByToken : protected WithAuthenticator, public ApiTest, public ::testing::WithParamInterface<Algorithm> {
 protected:
  AccessByToken() : WithAuthenticator(api::signer(GetParam())), ApiTest(options(), AccessControl(authenticator)) {
    const Dimensions dimensions{{"k", "acme-only"}};
    Batch batch;
    batch.add({"m", ApiTest::kNow, 1, dimensions});
    store_.tenant("acme").write(batch);
  }

  std::string header() const { return R"({"alg":")" + std::string(to_string(signer.algorithm)) + "\"}"; }
  std::string token(const std::string& claims) const { return token_of(signer.signing, header(), claims); }

  /// A request that is right but for who sends it.
  http::Response ask(const Route& route, const http::Headers& headers) {
    std::string path(route.pattern);
    for (const auto& [placeholder, value] :
         {std::pair{"{name}", "m"}, std::pair{"{key}", "k"}, std::pair{"{id}", "0"}}) {
      if (const auto at = path.find(placeholder); at != std::string::npos) {
        path.replace(at, std::string_view(placeholder).size(), value);
      }
    }
    Query query;
    std::string body;
    if (route.pattern == "/api/v1/write") body = R"({"metrics":[{"name":"written","value":1}]})";
    if (route.pattern == "/api/v1/query") {
      body = R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1d"}})";
    }
    if (route.pattern == "/api/v1/admin/metrics/{name}") query = {{"before", "2030-01-01T00:00:00Z"}};
    if (route.pattern == "/api/v1/admin/retention") {
      if (route.method == "POST") body = R"({"metric_name":"m*","retention_days":7})";
      if (route.method == "DELETE") query = {{"metric_name", "m"}};
    }
    return call(std::string(route.method), path, query, body, headers);
  }
  http::Response ask_with(const Route& route, const std::string& token) {
    return ask(route, {{"Authorization", "Bearer " + token}});
  }

  std::string claims_for(const Route& route, const std::string& more = "", std::int64_t expires_s = auth::kNow + 100,
                         const std::string& tenant = R"("acme")") const {
    const bool server = route.access == Access::server;
    return auth::claims_text(more, expires_s, R"([")" + scope_of(route) + R"("])", server ? "" : tenant);
  }
  /// What whoever is let in gets: there is no such query, and no directory for backups.
  static int status_of(const Route& route) {
    if (route.pattern == "/api/v1/admin/queries/{id}") return 404;
    if (route.pattern == "/api/v1/admin/backup" && route.method == "POST") return 409;
    return 200;
  }
  static std::string scope_of(const Route& route) {
    switch (route.access) {
      case Access::read:
        return "read";
      case Access::write:
        return "write";
      default:
        return "admin";
    }
  }

  using ApiTest::Query;
};

TEST_P(AccessByToken, IsCheckedOnEveryRouteForEveryKindOfToken) {
  const std::string right_header = header();
  const auto signed_by = [](const Key& key, const std::string& header, const std::string& claims) {
    return token_of(key, header, claims);
  };
  std::size_t closed = 0;
  for (const Route& route : api_.routes()) {
    SCOPED_TRACE(std::string(route.method) + ' ' + std::string(route.pattern));
    ASSERT_NE(route.access, Access::nobody);
    const std::string claims = claims_for(route);
    const std::string good = token(claims);

    std::vector<std::tuple<std::string, std::string, std::string>> wrong{
        {"expired", "expired", token(claims_for(route, "", auth::kNow))},
        {"not yet valid", "not_yet_valid", token(claims_for(route, R"("nbf":)" + std::to_string(auth::kNow + 1)))},
        {"issued in the future", "not_yet_valid",
         token(claims_for(route, R"("iat":)" + std::to_string(auth::kNow + 61)))},
        {"wrong key", "bad_signature", signed_by(signer.foreign, right_header, claims)},
        {"signed rightly, none in its header", "wrong_algorithm",
         signed_by(signer.signing, R"({"alg":"none"})", claims)},
        {"no signature", "malformed",
         auth::encode_base64url(R"({"alg":"none"})") + '.' + auth::encode_base64url(claims) + '.'},
        {"critical extension", "bad_header",
         signed_by(signer.signing, right_header.substr(0, right_header.size() - 1) + R"(,"crit":["x"],"x":1})",
                   claims)},
        {"own key", "bad_header",
         signed_by(signer.foreign, right_header.substr(0, right_header.size() - 1) + R"(,"jwk":{}})", claims)},
        {"no expiry", "bad_claims", token(R"({"tenant_id":"acme","scopes":"read write admin"})")},
        {"tenant twice", "bad_claims", token(claims_for(route, R"("tenant_id":"x","tenant_id":"victim")"))},
        {"no tenant", "bad_tenant", token(auth::claims_text("", auth::kNow + 100, R"("read write")", ""))},
        {"tenant is no name", "bad_tenant",
         token(auth::claims_text("", auth::kNow + 100, R"("read write admin")", "\"a\\u0000b\""))},
        {"cut", "malformed", good.substr(0, good.rfind('.'))},
        {"padded", "malformed", good + "="},
        {"sent twice", "malformed", good + ", Bearer " + good},
        {"too long", "too_large", good + std::string(auth::kMaxTokenBytes, 'A')}};
    for (const Algorithm other :
         {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512, Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
      if (other == signer.algorithm) continue;
      const Signer theirs = api::signer(other);
      const std::string their_header = R"({"alg":")" + std::string(to_string(other)) + "\"}";
      wrong.emplace_back("by " + std::string(to_string(other)), "wrong_algorithm",
                         signed_by(theirs.signing, their_header, claims));
      wrong.emplace_back("by " + std::string(to_string(other)) + ", which it hides", "bad_signature",
                         signed_by(theirs.signing, right_header, claims));
    }
    // The public key as a secret: its text would be refused as one, so what stands in it is tried.
    for (const char* pem : {kRsaPublic, kEcPublic, kEdPublic}) {
      std::string known = std::string(pem).substr(std::string_view("-----BEGIN PUBLIC KEY-----\n").size());
      known = known.substr(0, known.find("-----"));
      const Key forger = Key::from_secret(Algorithm::hs256, known);
      const bool hs256 = signer.algorithm == Algorithm::hs256;
      wrong.emplace_back("public key as secret", hs256 ? "bad_signature" : "wrong_algorithm",
                         signed_by(forger, R"({"alg":"HS256"})", claims));
    }
    for (const std::size_t part : {std::size_t{1}, good.find('.') + 5, good.rfind('.') + 5}) {
      std::string tampered = good;
      tampered[part] = tampered[part] == 'x' ? 'y' : 'x';
      wrong.emplace_back("tampered at " + std::to_string(part), "", tampered);
    }

    // Nobody needs a scrape token where there is none; ScrapeToken tests what else there is to it.
    if (route.access == Access::open || route.access == Access::scrape) {
      const int status = ask(route, {}).status;
      EXPECT_EQ(status, 200);
      for (const auto& [name, reason, bad] : wrong) EXPECT_EQ(ask_with(route, bad).status, 200) << name;
      continue;
    }
    ++closed;

    for (const http::Headers& headers : std::vector<http::Headers>{{},
                                                                   {{"Authorization", ""}},
                                                                   {{"Authorization", "Bearer"}},
                                                                   {{"Authorization", "Bearer "}},
                                                                   {{"Authorization", good}},
                                                                   {{"Authorization", "Basic " + good}},
                                                                   {{"Authorization", "Bearer:" + good}},
                                                                   {{"X-Authorization", "Bearer " + good}},
                                                                   {{"Cookie", "token=" + good}}}) {
      const http::Response response = ask(route, headers);
      expect_error(response, 401, "UNAUTHORIZED");
      EXPECT_EQ(response.headers.at("WWW-Authenticate"), "Bearer realm=\"luminate\"");
      EXPECT_EQ(response.reason, "no_token");
    }
    for (const auto& [name, reason, bad] : wrong) {
      SCOPED_TRACE(name);
      const http::Response response = ask_with(route, bad);
      const Json error = expect_error(response, 401, "UNAUTHORIZED");
      const std::string challenge = response.headers.at("WWW-Authenticate");
      EXPECT_EQ(challenge.find("Bearer realm=\"luminate\", error=\"invalid_token\", error_description=\""), 0u);
      if (!reason.empty()) {
        EXPECT_EQ(response.reason, reason) << response.body;
      }
      EXPECT_EQ(error["details"].value("reason", ""), response.reason);
      // Nothing of the token comes back.
      for (std::size_t at = 0; at + 12 <= bad.size(); at += 6) {
        const std::string piece = bad.substr(at, 12);
        ASSERT_EQ((response.body + challenge).find(piece), std::string::npos) << piece;
      }
    }

    // Known, and not allowed.
    std::string others;
    for (const char* scope : {"read", "write", "admin"}) {
      if (scope != scope_of(route)) others += std::string(others.empty() ? "" : " ") + scope;
    }
    for (const std::string& scopes : {'"' + others + '"', std::string("[]"), std::string(R"("READ WRITE ADMIN")")}) {
      const http::Response lacking = ask_with(route, token(auth::claims_text("", auth::kNow + 100, scopes)));
      const Json forbidden = expect_error(lacking, 403, "FORBIDDEN");
      EXPECT_EQ(forbidden["details"].value("scope", ""), scope_of(route));
      EXPECT_NE(forbidden.value("message", "").find("scope " + scope_of(route)), std::string::npos);
      EXPECT_NE(lacking.headers.at("WWW-Authenticate").find("error=\"insufficient_scope\""), std::string::npos);
      EXPECT_NE(lacking.headers.at("WWW-Authenticate").find("scope=\"" + scope_of(route) + '"'), std::string::npos);
    }
    if (route.access == Access::server) {
      expect_error(ask_with(route, token(auth::claims_text("", auth::kNow + 100, R"(["admin"])"))), 403, "FORBIDDEN");
    } else {
      const http::Response named = ask(route, {{"Authorization", "Bearer " + good}, {"X-Luminate-Tenant", "acme"}});
      expect_error(named, 403, "FORBIDDEN");
      EXPECT_EQ(named.reason, "tenant_header");
    }
    // Until here nobody got in.
    EXPECT_EQ(store_.tenant("acme").series_count(), 1u);
    EXPECT_EQ(store_.series_count(), 0u);

    // The same for another tenant: let in, and the first one's data is not there.
    if (route.access != Access::server) {
      const http::Response theirs = ask_with(route, token(claims_for(route, "", auth::kNow + 100, R"("other")")));
      EXPECT_EQ(theirs.status, status_of(route)) << theirs.body;
      EXPECT_EQ(theirs.body.find("acme-only"), std::string::npos);
      EXPECT_EQ(theirs.tenant, "other");
      EXPECT_EQ(store_.tenant("acme").series_count(), 1u);
      store_.tenant("other").remove({.metric = "written"});
    }
    const http::Response right = ask_with(route, good);
    EXPECT_EQ(right.status, status_of(route)) << right.body;
    EXPECT_EQ(right.tenant, route.access == Access::server ? "" : "acme");
    EXPECT_EQ(ask(route, {{"authorization", "bEARER   " + good}}).status, status_of(route));
    // As it was, for the next route.
    store_.tenant("acme").remove({.metric = "written"});
    Batch batch;
    batch.add({"m", ApiTest::kNow, 1, {{"k", "acme-only"}}});
    store_.tenant("acme").write(batch);
  }
  EXPECT_EQ(closed, 15u);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, AccessByToken,
                         ::testing::Values(Algorithm::hs256, Algorithm::hs384, Algorithm::hs512, Algorithm::rs256,
                                           Algorithm::es256, Algorithm::eddsa),
                         [](const auto& instance) { return std::string(to_string(instance.param)); });

class Access256 : protected WithAuthenticator, public ApiTest {
 protected:
  Access256() : Access256(nullptr) {}
  explicit Access256(Api::Reload reload)
      : WithAuthenticator(api::signer(Algorithm::hs256)),
        ApiTest(options(), AccessControl(authenticator), std::move(reload)) {}

  http::Response list(const std::string& scopes, const std::string& tenant, http::Headers headers = {}) {
    headers["Authorization"] = "Bearer " + auth::token_with(auth::claims_text("", auth::kNow + 100, scopes, tenant));
    return call("GET", "/api/v1/metrics", {}, "", headers);
  }
  void write(const std::string& tenant, const std::string& metric) {
    Batch batch;
    batch.add({metric, ApiTest::kNow, 1, {}});
    (tenant.empty() ? store_ : store_.tenant(tenant)).write(batch);
  }
};

TEST_F(Access256, LetsAdminsWithoutTenantNameOne) {
  write("", "of_nobody");
  write("acme", "of_acme");
  write("M\xC3\xBCller", "of_mueller");
  const std::string scopes = R"("admin read")";
  EXPECT_EQ(body_of(list(scopes, "")), (Json{{"metrics", {"of_nobody"}}}));
  EXPECT_EQ(body_of(list(scopes, "", {{"X-Luminate-Tenant", "acme"}})), (Json{{"metrics", {"of_acme"}}}));
  EXPECT_EQ(body_of(list(scopes, "", {{"x-luminate-tenant", "M\xC3\xBCller"}})), (Json{{"metrics", {"of_mueller"}}}));
  EXPECT_EQ(list(scopes, "", {{"X-Luminate-Tenant", "acme"}}).tenant, "acme");
  for (const std::string& name :
       {std::string(), std::string("acme, acme"), std::string("acme,"), std::string("\xFF"), std::string(257, 't')}) {
    const Json error = expect_error(list(scopes, "", {{"X-Luminate-Tenant", name}}), 400, "INVALID_REQUEST");
    EXPECT_EQ(error["details"].value("field", ""), "X-Luminate-Tenant");
  }
  EXPECT_EQ(body_of(list(scopes, "", {{"X-Luminate-Tenant", std::string(256, 't')}})),
            (Json{{"metrics", Json::array()}}));
}

TEST_F(Access256, HasNoScopeThatIncludesAnother) {
  EXPECT_EQ(list(R"(["admin"])", "").status, 403);
  EXPECT_EQ(list(R"(["admin","write"])", R"("acme")").status, 403);
}

TEST_F(Access256, AnswersUnknownPathsAndMethodsToAnybody) {
  expect_error(call("GET", "/api/v1/secrets"), 404, "NOT_FOUND");
  expect_error(call("PUT", "/api/v1/write"), 405, "METHOD_NOT_ALLOWED");
  EXPECT_EQ(call("HEAD", "/api/v1/metrics").status, 401);
}

class Reload : public Access256 {
 protected:
  Reload()
      : Access256([this] {
          ++reloads_;
          return works_;
        }) {}

  http::Response ask(Query query = {}) {
    return call(
        "POST", "/api/v1/admin/reload", std::move(query), "",
        {{"Authorization", "Bearer " + auth::token_with(auth::claims_text("", auth::kNow + 100, R"(["admin"])", ""))}});
  }

  int reloads_ = 0;
  bool works_ = true;
};

TEST_F(Reload, SaysWhetherTheNewConfigurationIsInUse) {
  EXPECT_EQ(body_of(ask()), (Json{{"reloaded", true}}));
  works_ = false;
  expect_error(ask(), 409, "RELOAD_FAILED");
  EXPECT_EQ(reloads_, 2);
  expect_error(ask({{"force", "true"}}), 400, "INVALID_REQUEST");
  expect_error(call("POST", "/api/v1/admin/reload"), 401, "UNAUTHORIZED");
  EXPECT_EQ(reloads_, 2);
}

TEST(AccessTable, IsThatOfTheDocumentation) {
  const Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  std::map<std::string, Access> table;
  for (const Route& route : api.routes()) {
    table[std::string(route.method) + ' ' + std::string(route.pattern)] = route.access;
  }
  const std::map<std::string, Access> expected{
      {"POST /api/v1/write", Access::write},
      {"POST /api/v1/query", Access::read},
      {"GET /api/v1/metrics", Access::read},
      {"GET /api/v1/metrics/{name}/dimensions", Access::read},
      {"GET /api/v1/metrics/{name}/dimensions/{key}/values", Access::read},
      {"DELETE /api/v1/admin/metrics/{name}", Access::admin},
      {"GET /api/v1/admin/retention", Access::admin},
      {"POST /api/v1/admin/retention", Access::admin},
      {"DELETE /api/v1/admin/retention", Access::admin},
      {"GET /api/v1/admin/cardinality", Access::admin},
      {"GET /api/v1/admin/queries", Access::admin},
      {"DELETE /api/v1/admin/queries/{id}", Access::admin},
      {"POST /api/v1/admin/backup", Access::server},
      {"GET /api/v1/admin/backup", Access::server},
      {"POST /api/v1/admin/reload", Access::server},
      {"GET /api/v1/health", Access::open},
      {"GET /healthz", Access::open},
      {"GET /readyz", Access::open},
      {"GET /startupz", Access::open},
      {"GET /metrics", Access::scrape},
      {"GET /openapi.json", Access::open},
      {"GET /", Access::open},
  };
  EXPECT_EQ(table, expected);
}

TEST(AccessTable, IsClosedToWhatSaysNothing) {
  const AccessControl everybody;
  const auto admitted = everybody.admit({}, Route{"GET", "/new"}.access);
  ASSERT_TRUE(std::holds_alternative<http::Response>(admitted));
  EXPECT_EQ(std::get<http::Response>(admitted).status, 403);
}

class AccessWithoutTokens : public ApiTest {};

TEST_F(AccessWithoutTokens, RefusesToGuessWhatATenantHeaderMeans) {
  const http::Response response = call("GET", "/api/v1/metrics", {}, "", {{"X-Luminate-Tenant", "acme"}});
  const Json error = expect_error(response, 400, "INVALID_REQUEST");
  EXPECT_EQ(error["details"].value("field", ""), "X-Luminate-Tenant");
}

TEST_F(AccessWithoutTokens, PassesOverTokens) {
  EXPECT_EQ(call("GET", "/api/v1/metrics", {}, "", {{"Authorization", "Bearer x"}}).status, 200);
}

}  // namespace
}  // namespace luminate::server::api
