#include <cstdlib>
#include <filesystem>
#include <list>
#include <ostream>
#include <set>

#include "api_test.hpp"
#include "documented_attempts.hpp"
#include "tests/server/auth/tokens.hpp"

#ifdef LUMINATE_POSTGRES
#include "support/postgres_server.hpp"
#endif

namespace luminate::server::api {
namespace {

using auth::kNow;
using Query = std::multimap<std::string, std::string>;

constexpr std::int64_t kNowMs = kNow * 1000;

/// A server whose store has what "acme" wrote, and perhaps more.
class World {
 public:
  World(const std::string& url, bool with_others)
      : authenticator_(verifier(), [] { return kNow; }),
        store(Store::open(url, options())),
        api_({.report = [](const http::Request&, ErrorCode, std::string_view) {}}, AccessControl(authenticator_)) {
    api_.serve(store);
    fill(store.tenant("acme"), 1, {"shared", "mine"}, "mine");
    if (with_others) {
      fill(store.tenant("victim"), 424242, {"shared", "secret_metric"}, "secret");
      fill(store.tenant("acme2"), 424243, {"shared", "secret_metric2"}, "secret");
      fill(store, 424244, {"shared", "secret_metric3"}, "secret");
    }
  }

  http::Response ask(const Attempt& attempt) {
    http::Request request;
    request.method = attempt.method;
    request.path = attempt.path;
    request.query = attempt.query;
    request.body = attempt.body;
    request.headers = attempt.headers;
    request.headers["Authorization"] =
        "Bearer " + auth::token_with(auth::claims_text("", kNow + 100, R"("read write admin")"));
    request.id = "id";
    return api_.handle(request);
  }

  const std::vector<Route>& routes() const { return api_.routes(); }

  /// Everything that "acme" does not own, as text.
  std::string others() {
    return dump(store, "") + dump(store.tenant("victim"), "victim ") + dump(store.tenant("acme2"), "acme2 ");
  }

 private:
  static Options options() {
    Options options;
    options.clock = [] { return kNowMs; };
    return options;
  }
  static std::shared_ptr<const auth::Verifier> verifier() {
    auth::KeyRing keys;
    keys.set_default(auth::secret_key());
    return std::make_shared<const auth::Verifier>(std::move(keys), auth::TokenRules{});
  }
  static void fill(Store target, double value, const std::vector<std::string>& metrics, const std::string& word) {
    Batch batch;
    for (const std::string& metric : metrics) {
      for (int i = 0; i < 5; ++i) {
        batch.add({metric,
                   kNowMs - 1000 * i,
                   value + i,
                   {{"region", "eu"}, {word + "_key", word + "_value"}, {"n", std::to_string(i)}}});
      }
    }
    ASSERT_EQ(target.write(batch).rejected, 0u);
    target.set_retention({word + "_*", std::chrono::hours(24)});
    Batch refused;
    for (int i = 0; i < 3; ++i) refused.add({word + "_refused", 0, value, {}});
    ASSERT_EQ(target.write(refused).rejected, 3u);
  }
  static std::string dump(const Store& store, const std::string& name) {
    std::string text;
    for (const RetentionPolicy& policy : store.retention()) {
      text += name + policy.pattern + " is kept for " + format_duration(policy.keep) + '\n';
    }
    for (const std::string& metric : store.metrics()) {
      store.scan({.metric = metric}, [&](const SeriesSamples& samples) {
        text += name + metric;
        for (const auto& [key, value] : samples.dimensions) text += ' ' + key + '=' + value;
        for (const double value : samples.values) text += ' ' + std::to_string(value);
        text += '\n';
      });
    }
    return text;
  }

  auth::Authenticator authenticator_;

 public:
  Store store;

 private:
  Api api_;
};

/// Names and patterns by which somebody may hope to reach another's data.
const std::vector<std::string>& payloads() {
  using namespace std::string_literals;
  static const std::vector<std::string> kPayloads{"victim",
                                                  "secret_metric",
                                                  "secret_key",
                                                  "secret_value",
                                                  "_tenant_id",
                                                  "_tenant_id=victim",
                                                  "tenant_id",
                                                  "acme2",
                                                  "acme\x1Fvictim",
                                                  "acme\0victim"s,
                                                  "victim/shared",
                                                  "../victim/shared",
                                                  "..%2fvictim",
                                                  "victim.shared",
                                                  "%",
                                                  "_",
                                                  "*",
                                                  "?",
                                                  ".*",
                                                  "",
                                                  "shared",
                                                  "shared\0"s,
                                                  "SHARED",
                                                  "' OR '1'='1",
                                                  "'; DROP TABLE metric; --",
                                                  "\" OR \"\"=\"",
                                                  "$1",
                                                  "{tenant}",
                                                  "x' UNION SELECT name FROM metric --",
                                                  "\xFF\xFE",
                                                  "null",
                                                  "0",
                                                  "-1",
                                                  std::string(300, 'a'),
                                                  "\xE2\x80\x8Bvictim",
                                                  "acme, victim",
                                                  "{\"not\":\"acme\"}"};
  return kPayloads;
}

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Attempt> attempts(std::size_t stride) {
  std::vector<Attempt> all;
  const std::string range = R"("timeRange":{"relative":"1h"})";
  const auto post = [&](const std::string& path, const std::string& body) {
    all.push_back({"POST", path, {}, body, {}});
  };
  const auto query = [&](const std::string& rest) {
    for (const char* type :
         {R"("queryType":"range",)", R"("queryType":"aggregate","aggregation":"sum",)", R"("queryType":"rate",)"}) {
      post("/api/v1/query", '{' + std::string(type) + rest + '}');
    }
  };
  const auto remove = [&](const std::string& name, Query parameters, const std::string& body) {
    // First the count, which tells something too.
    parameters.emplace("before", "2100-01-01T00:00:00Z");
    Query counting = parameters;
    counting.emplace("dryRun", "true");
    all.push_back({"DELETE", "/api/v1/admin/metrics/" + name, counting, body, {}});
    all.push_back({"DELETE", "/api/v1/admin/metrics/" + name, parameters, body, {}});
  };
  for (std::size_t i = 0; i < payloads().size(); i += stride) {
    const std::string& p = payloads()[i];
    const std::string q = quoted(p);
    // What earlier attempts deleted of their own.
    post("/api/v1/write",
         R"({"metrics":[{"name":"shared","value":1,"dimensions":{"region":"eu","mine_key":"mine_value","n":"0"}},)"
         R"({"name":"shared","value":2,"dimensions":{"region":"us"}},{"name":"mine","value":3}]})");
    // Reads first, as writes and deletions change what there is to read.
    query("\"metricName\":" + q + ',' + range);
    const std::string shared = R"("metricName":"shared",)" + range + ',';
    for (const std::string& filter :
         {"{" + q + ":\"victim\"}", "{\"_tenant_id\":" + q + "}", "{\"region\":" + q + "}",
          "{\"region\":[\"eu\"," + q + "]}", "{\"region\":{\"not\":" + q + "}}", "{\"region\":{\"regex\":" + q + "}}",
          "{\"region\":{\"notRegex\":" + q + "}}", "{" + q + ":{\"not\":\"x\"}}", "{" + q + ":{\"regex\":\".*\"}}",
          "{\"_tenant_id\":{\"not\":" + q + "}}", "{\"_tenant_id\":{\"regex\":" + q + "}}"}) {
      query(shared + "\"filters\":" + filter);
    }
    query(shared + "\"groupBy\":[" + q + "]");
    query(shared + "\"groupBy\":[\"region\",\"_tenant_id\"," + q + "]");
    for (const char* field :
         {"order", "interval", "timeout", "limit", "tenant", "tenant_id", "_tenant_id", "database"}) {
      query(shared + '"' + field + "\":" + q);
    }
    for (const char* path :
         {"/api/v1/metrics", "/api/v1/metrics/shared/dimensions", "/api/v1/metrics/shared/dimensions/region/values"}) {
      for (const char* name : {"prefix", "limit", "start", "tenant", "tenant_id", "_tenant_id", "scope"}) {
        all.push_back({"GET", path, {{name, p}}, "", {}});
      }
      for (const char* name : {"X-Tenant-Id", "X-Scope-OrgID", "X-Forwarded-User", "X-Original-URL", "X-Rewrite-URL",
                               "X-HTTP-Method-Override", "Cookie", "Host", "X-Request-Id", "X-Luminate-Tenant"}) {
        all.push_back({"GET", path, {}, "", {{name, p}}});
      }
    }
    all.push_back({"GET", "/api/v1/metrics/" + p + "/dimensions", {}, "", {}});
    all.push_back({"GET", "/api/v1/metrics/shared/dimensions/" + p + "/values", {}, "", {}});
    all.push_back({"GET", "/api/v1/metrics/../" + p, {}, "", {}});
    all.push_back({"GET", "/api/v1/" + p + "/metrics", {}, "", {}});
    all.push_back({"GET", "/api/v1/metrics/" + p, {}, "", {}});

    const auto write = [&](const std::string& point, const std::string& more = "") {
      post("/api/v1/write", R"({"metrics":[)" + point + ']' + more + '}');
    };
    write("{\"name\":" + q + ",\"value\":7}");
    write("{\"name\":" + q + R"(,"value":7},{"name":"shared","value":8},{"name":"0","value":8})");
    write(R"({"name":"shared","value":7,"dimensions":{)" + q + ":\"victim\"}}");
    write(R"({"name":"shared","value":7,"dimensions":{"region":)" + q + "}}");
    write(R"({"name":"shared","value":7,"dimensions":{"_tenant_id":)" + q + "}}");
    write(R"({"name":"shared","value":7,"dimensions":{"region":"eu","secret_key":"secret_value","n":"0"}})");
    for (const char* field : {"tenant", "tenant_id", "_tenant_id"}) {
      write("{\"name\":\"shared\",\"value\":7,\"" + std::string(field) + "\":" + q + '}');
      write(R"({"name":"shared","value":7})", ",\"" + std::string(field) + "\":" + q);
    }

    all.push_back({"POST", "/api/v1/admin/retention", {}, "{\"metric_name\":" + q + ",\"retention_days\":1}", {}});
    for (const char* field : {"tenant", "tenant_id", "_tenant_id", "retention"}) {
      all.push_back({"POST",
                     "/api/v1/admin/retention",
                     {},
                     R"({"metric_name":"secret_*","retention_days":1,")" + std::string(field) + "\":" + q + '}',
                     {}});
    }
    for (const char* path : {"/api/v1/admin/cardinality", "/api/v1/admin/retention", "/api/v1/admin/queries"}) {
      all.push_back({"GET", path, {}, "", {}});
      for (const char* name : {"metric", "limit", "tenant", "_tenant_id"})
        all.push_back({"GET", path, {{name, p}}, "", {}});
    }
    for (const char* name : {"metric_name", "tenant"}) {
      all.push_back({"DELETE", "/api/v1/admin/retention", {{name, p}}, "", {}});
    }
    all.push_back({"DELETE", "/api/v1/admin/retention", {{"metric_name", "secret_*"}}, "", {}});
    all.push_back({"DELETE", "/api/v1/admin/queries/" + p, {}, "", {}});
    all.push_back({"GET", "/api/v1/admin/backup", {}, "", {}});
    all.push_back({"POST", "/api/v1/admin/backup", {}, "{\"name\":" + q + '}', {}});

    remove(p, {}, "");
    remove("shared", {{"tenant", p}}, "");
    for (const std::string& filter :
         {"{\"_tenant_id\":" + q + "}", "{" + q + ":\"victim\"}", "{\"region\":{\"not\":" + q + "}}",
          "{\"region\":{\"regex\":" + q + "}}", "{\"secret_key\":" + q + "}"}) {
      remove("shared", {}, "{\"filters\":" + filter + "}");
    }
    for (const char* field : {"tenant", "tenant_id"}) remove("shared", {}, '{' + quoted(field) + ':' + q + '}');
  }
  remove("shared", {}, "");
  remove("secret_metric", {}, "");
  return all;
}

/// Every n-th.
std::vector<std::string> few(const std::vector<std::string>& all, std::size_t stride) {
  std::vector<std::string> some;
  for (std::size_t i = 0; i < all.size(); i += stride) some.push_back(all[i]);
  return some;
}

/// An answer without what may differ between two servers that do the same.
std::string comparable(const http::Response& response) {
  std::string text = std::to_string(response.status) + ' ';
  if (response.content_type != "application/json") return text + response.body;
  Json body = Json::parse(response.body);
  body.erase("executionTimeMs");
  return text + body.dump();
}

/// A kind of store, and how thoroughly it is tried: every n-th of the payloads, as a database takes its time.
struct Backend {
  const char* name;
  std::size_t stride;

  friend void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }
};

class TenantBreakOut : public ::testing::TestWithParam<Backend> {
 protected:
  TenantBreakOut() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TenantBreakOut() override { std::filesystem::remove_all(folder_); }

  void SetUp() override {
#ifdef LUMINATE_POSTGRES
    const std::string missing = is_postgres() ? test::postgres_missing() : "";
    if (missing.empty()) return;
    if (std::getenv("CI") != nullptr) FAIL() << missing;
    GTEST_SKIP() << missing;
#endif
  }

  static bool is_postgres() {
    return std::string_view(GetParam().name) == "postgresql";
  }

  std::string url(const std::string& name) {
#ifdef LUMINATE_POSTGRES
    if (is_postgres()) return schemas_.emplace_back().url();
#endif
    return std::string_view(GetParam().name) == "memory" ? "memory:" : "sqlite:" + (folder_ / name).string();
  }

#ifdef LUMINATE_POSTGRES
  std::list<test::PostgresSchema> schemas_;
#endif

  std::filesystem::path folder_;
};

/// Whatever somebody asks, the answer is the same as if nobody else had any data; and nobody else's data changes.
TEST_P(TenantBreakOut, FailsThroughEveryFieldOfEveryEndpoint) {
  World shared(url("shared.db"), true);
  World alone(url("alone.db"), false);
  const std::string before = shared.others();
  ASSERT_NE(before.find("victim secret_metric"), std::string::npos);
  std::set<int> statuses;
  std::set<std::string> reached;
  std::vector<Attempt> all = attempts(GetParam().stride);
  const std::vector<Attempt> documented =
      documented_attempts(few(payloads(), GetParam().stride == 1 ? 1 : 2 * GetParam().stride));
  all.insert(all.end(), documented.begin(), documented.end());
  for (const Attempt& attempt : all) {
    const http::Response among_others = shared.ask(attempt);
    const http::Response by_itself = alone.ask(attempt);
    statuses.insert(among_others.status);
    // 404 by a route is an answer, too: there is nothing of that name.
    if (among_others.status < 300 || among_others.status == 404) {
      reached.insert(attempt.method + ' ' + std::string(among_others.route));
    }
    ASSERT_EQ(comparable(among_others), comparable(by_itself))
        << attempt.method << ' ' << attempt.path << ' ' << attempt.body;
    ASSERT_EQ(among_others.body.find("42424"), std::string::npos) << among_others.body;
    ASSERT_NE(among_others.status, 500) << among_others.body;
  }
  EXPECT_EQ(shared.others(), before);
  // The attempts reached what they should: some were answered, some refused for each reason.
  for (const int status : {200, 207, 400, 403, 404}) EXPECT_TRUE(statuses.contains(status)) << status;
  for (const Route& route : shared.routes()) {
    if (route.access != Access::read && route.access != Access::write && route.access != Access::admin) continue;
    const std::string name = std::string(route.method) + ' ' + std::string(route.pattern);
    if (route.pattern == "/api/v1/admin/queries/{id}") continue;  // No query runs; queries_test.cpp has some.
    EXPECT_TRUE(reached.contains(name)) << name << " was never answered: what it gives away was not looked at";
  }
}

std::vector<Backend> backends() {
  return {
      {"memory", 1},
      {"sqlite", 1},
#ifdef LUMINATE_POSTGRES
      {"postgresql", 4},
#endif
  };
}

INSTANTIATE_TEST_SUITE_P(Backends, TenantBreakOut, ::testing::ValuesIn(backends()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace luminate::server::api
