#include "api_test.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kPath = "/api/v1/admin/retention";

class RetentionApi : public ApiTest {
 protected:
  RetentionApi() : ApiTest(with_policies()) {}

  static Options with_policies() {
    Options options = ApiTest::options();
    options.retention.policies = {{"debug_*", std::chrono::hours(36)}};
    options.retention.default_retention = std::chrono::hours(24 * 90);
    return options;
  }
  http::Response remove(Query query) { return call("DELETE", kPath, std::move(query)); }
  /// The field that a refused policy is refused for.
  std::string refused(const std::string& body) {
    return expect_error(post(kPath, body), 400, "INVALID_REQUEST")["details"].value("field", "");
  }
};

TEST_F(RetentionApi, SetsListsAndDeletesPolicies) {
  EXPECT_EQ(post(kPath, R"({"metric_name": "debug_*", "retention_days": 7})").body,
            R"({"metric_name":"debug_*","retention":"7d","retention_days":7})");
  EXPECT_EQ(post(kPath, R"({"metric_name": "m", "retention": "12h"})").body,
            R"({"metric_name":"m","retention":"12h"})");
  EXPECT_EQ(post(kPath, R"({"metric_name": "audit_*", "retention": "off"})").body,
            R"({"metric_name":"audit_*","retention":"off"})");
  EXPECT_EQ(store_.retention().size(), 3u);
  EXPECT_EQ(get(kPath).body,
            R"({"policies":[{"metric_name":"audit_*","retention":"off","source":"tenant"},)"
            R"({"metric_name":"debug_*","retention":"7d","retention_days":7,"source":"tenant"},)"
            R"({"metric_name":"m","retention":"12h","source":"tenant"},)"
            R"({"metric_name":"debug_*","retention":"1d12h","source":"configuration"}],"default_retention":"90d"})");
  EXPECT_EQ(remove({{"metric_name", "debug_*"}}).body, R"({"deleted":1})");
  EXPECT_EQ(remove({{"metric_name", "debug_*"}}).body, R"({"deleted":0})");
  EXPECT_EQ(store_.retention().size(), 2u);
}

TEST_F(RetentionApi, ReplacesAPolicyOfTheSamePattern) {
  post(kPath, R"({"metric_name": "m", "retention_days": 1})");
  post(kPath, R"({"metric_name": "m", "retention_days": 2})");
  EXPECT_EQ(store_.retention(), (std::vector<RetentionPolicy>{{"m", std::chrono::hours(48)}}));
}

TEST_F(RetentionApi, TakesNoPolicyThatIsNotClear) {
  EXPECT_EQ(body_of(post(kPath, R"({"metric_name": "m", "retention_days": 36500})"))["retention_days"], 36'500);
  EXPECT_EQ(body_of(post(kPath, R"({"metric_name": "m", "retention": "36500d"})"))["retention_days"], 36'500);
  EXPECT_EQ(body_of(post(kPath, R"({"metric_name": "m", "retention": "1ms"})"))["retention"], "1ms");
  const std::size_t before = store_.retention().size();
  for (const char* days : {"0", "36501", "-1", "7.0", "1e1", "\"7\"", "null", "[7]", "99999999999999999999", "true"}) {
    EXPECT_EQ(refused(R"({"metric_name": "n", "retention_days": )" + std::string(days) + "}"), "retention_days")
        << days;
  }
  for (const char* text : {"\"\"", "\"0s\"", "\"7\"", "\"forever\"", "\"36501d\"", "\"-1d\"", "7", "null"}) {
    EXPECT_EQ(refused(R"({"metric_name": "n", "retention": )" + std::string(text) + "}"), "retention") << text;
  }
  EXPECT_EQ(refused(R"({"metric_name": "n"})"), "retention_days");
  EXPECT_EQ(refused(R"({"metric_name": "n", "retention_days": 7, "retention": "7d"})"), "retention_days");
  EXPECT_EQ(refused(R"({"retention_days": 7})"), "metric_name");
  EXPECT_EQ(refused(R"({"metric_name": 7, "retention_days": 7})"), "metric_name");
  EXPECT_EQ(refused(R"({"metric_name": "a b", "retention_days": 7})"), "metric_name");
  EXPECT_EQ(refused(R"({"metric_name": "", "retention_days": 7})"), "metric_name");
  EXPECT_EQ(refused(R"({"metric_name": "n", "retention_days": 7, "retention_day": 8})"), "retention_day");
  for (const char* body : {"", "[]", "null", "{", R"({"metric_name":"n","metric_name":"n","retention_days":7})"}) {
    EXPECT_EQ(refused(body), "") << body;
  }
  expect_error(
      call("POST", kPath, {}, R"({"metric_name": "n", "retention_days": 7})", {{"Content-Type", "text/plain"}}), 415,
      "UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(store_.retention().size(), before);
}

TEST_F(RetentionApi, TakesAThousandPolicies) {
  for (int i = 0; i < 1'000; ++i) store_.set_retention({"m" + std::to_string(i), std::chrono::hours(1)});
  EXPECT_EQ(refused(R"({"metric_name": "one_more", "retention_days": 7})"), "metric_name");
  EXPECT_EQ(post(kPath, R"({"metric_name": "m0", "retention_days": 7})").status, 200);
}

TEST_F(RetentionApi, TakesNoOtherParameters) {
  EXPECT_EQ(expect_error(remove({}), 400, "INVALID_REQUEST")["details"]["field"], "metric_name");
  expect_error(remove({{"metric_name", "a"}, {"metric_name", "b"}}), 400, "INVALID_REQUEST");
  expect_error(remove({{"metric", "a"}}), 400, "INVALID_REQUEST");
  expect_error(get(kPath, {{"metric_name", "a"}}), 400, "INVALID_REQUEST");
  expect_error(call("POST", kPath, {{"dryRun", "true"}}, R"({"metric_name": "n", "retention_days": 7})"), 400,
               "INVALID_REQUEST");
  EXPECT_EQ(remove({{"metric_name", ""}}).body, R"({"deleted":0})");
}

}  // namespace
}  // namespace luminate::server::api
