#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class Write : public ApiTest {
 protected:
  /// A write of one point, as JSON, with some of its members replaced.
  static std::string one(const Json& changes) {
    Json point{{"name", "m"}, {"timestamp", kNow}, {"value", 1}, {"dimensions", {{"k", "v"}}}};
    point.update(changes);
    return Json{{"metrics", {point}}}.dump();
  }

  static std::string many(std::size_t good, std::size_t bad) {
    Json points = Json::array();
    for (std::size_t i = 0; i < good; ++i) points.push_back({{"name", "m"}, {"timestamp", kNow - i}, {"value", i}});
    for (std::size_t i = 0; i < bad; ++i) points.push_back({{"name", "1bad"}, {"value", 1}});
    return Json{{"metrics", points}}.dump();
  }

  /// Expects that a single point is refused, and that nothing of it was stored.
  void expect_refused(const Json& changes, const std::string& code) {
    const Json error = expect_error(write(one(changes)), 400, "VALIDATION_FAILED");
    const Json errors = error["details"].value("errors", Json::array());
    ASSERT_EQ(errors.size(), 1u) << error;
    EXPECT_EQ(errors[0].value("code", ""), code) << error;
    EXPECT_EQ(error["details"].value("accepted", 1), 0);
    EXPECT_EQ(error["details"].value("rejected", 0), 1);
    EXPECT_EQ(store_.series_count(), 0u);
  }

  /// Expects that a single point is taken, and forgets it again.
  void expect_taken(const Json& changes) {
    EXPECT_EQ(write(one(changes)).status, 200) << changes;
    for (const std::string& metric : store_.metrics()) store_.remove({.metric = metric});
    ASSERT_EQ(store_.series_count(), 0u);
  }
};

TEST_F(Write, AnswersThatAllIsGood) {
  const http::Response response = write(many(2, 0));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"accepted":2,"rejected":0,"errors":[]})");
  EXPECT_EQ(response.points, 2u);
  EXPECT_EQ(response.route, "/api/v1/write");
  EXPECT_EQ(store_.series_count("m"), 1u);
}

TEST_F(Write, RefusesAnEmptyList) {
  expect_error(write(R"({"metrics":[]})"), 400, "INVALID_REQUEST");
}

TEST_F(Write, TakesNowForAMissingTimestamp) {
  EXPECT_EQ(write(R"({"metrics":[{"name":"m","value":1}]})").status, 200);
  const Json answer =
      body_of(post("/api/v1/query", R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1ms"}})"));
  EXPECT_EQ(answer["results"][0]["timestamp"], kNow);
}

TEST_F(Write, StoresTheGoodOnesAndListsTheBad) {
  const Json body = body_of(write(many(2, 1)), 207);
  EXPECT_EQ(body["accepted"], 2);
  EXPECT_EQ(body["rejected"], 1);
  EXPECT_EQ(body["errorsTruncated"], false);
  ASSERT_EQ(body["errors"].size(), 1u);
  EXPECT_EQ(body["errors"][0]["index"], 2);
  EXPECT_EQ(body["errors"][0]["metric"], "1bad");
  EXPECT_EQ(body["errors"][0]["code"], "INVALID_METRIC_NAME");
  EXPECT_TRUE(body["errors"][0]["error"].is_string());
  EXPECT_EQ(body["errors"][0].size(), 4u);
  EXPECT_EQ(store_.series_count("m"), 1u);
}

TEST_F(Write, ListsTheFirstHundredErrors) {
  Json body = body_of(write(many(1, 100)), 207);
  EXPECT_EQ(body["errors"].size(), 100u);
  EXPECT_EQ(body["errorsTruncated"], false);
  body = body_of(write(many(1, 101)), 207);
  EXPECT_EQ(body["rejected"], 101);
  EXPECT_EQ(body["errors"].size(), 100u);
  EXPECT_EQ(body["errorsTruncated"], true);
  const Json details = expect_error(write(many(0, 101)), 400, "VALIDATION_FAILED")["details"];
  EXPECT_EQ(details["errors"].size(), 100u);
  EXPECT_EQ(details["errorsTruncated"], true);
}

TEST_F(Write, HoldsPointsToTheRulesOfTheDataModel) {
  const std::string name(256, 'n');
  const std::string key(128, 'k');
  std::string value;
  for (int i = 0; i < 256; ++i) value += "ü";
  const std::int64_t oldest = kNow - 7 * 86'400'000LL;
  const std::int64_t newest = kNow + 3'600'000;
  Json most = Json::object();
  for (int i = 0; i < 20; ++i) most["k" + std::to_string(i)] = "v";

  expect_taken({{"name", name}});
  expect_refused({{"name", name + 'n'}}, "INVALID_METRIC_NAME");
  expect_taken({{"name", "_"}});
  for (const char* bad : {"", "1a", "a-b", "a.b", "ä", "a b", "a\n"}) {
    expect_refused({{"name", bad}}, "INVALID_METRIC_NAME");
  }
  expect_taken({{"dimensions", {{key, "v"}}}});
  expect_refused({{"dimensions", {{key + 'k', "v"}}}}, "INVALID_DIMENSION_KEY");
  expect_refused({{"dimensions", {{"", "v"}}}}, "INVALID_DIMENSION_KEY");
  expect_refused({{"dimensions", {{"_tenant_id", "v"}}}}, "RESERVED_DIMENSION");
  expect_taken({{"dimensions", {{"k", value}}}});
  expect_refused({{"dimensions", {{"k", value + "x"}}}}, "INVALID_DIMENSION_VALUE");
  expect_refused({{"dimensions", {{"k", ""}}}}, "INVALID_DIMENSION_VALUE");
  expect_refused({{"dimensions", {{"k", "a\u0001"}}}}, "INVALID_DIMENSION_VALUE");
  expect_taken({{"dimensions", most}});
  most["k20"] = "v";
  expect_refused({{"dimensions", most}}, "DIMENSION_LIMIT_EXCEEDED");
  expect_taken({{"timestamp", oldest}});
  expect_refused({{"timestamp", oldest - 1}}, "INVALID_TIMESTAMP");
  expect_taken({{"timestamp", newest}});
  expect_refused({{"timestamp", newest + 1}}, "INVALID_TIMESTAMP");
  expect_taken({{"value", 1.7976931348623157e308}});
  EXPECT_EQ(expect_error(write(R"({"metrics":[{"name":"m","value":1e999}]})"), 400,
                         "VALIDATION_FAILED")["details"]["errors"][0]["code"],
            "INVALID_VALUE");
  EXPECT_EQ(store_.series_count(), 0u);
}

TEST_F(Write, RefusesWhatIsNotOfTheShapeAndStoresNothing) {
  const std::string good = R"({"name":"m","value":1})";
  for (const std::string& body :
       std::vector<std::string>{"",
                                " ",
                                "{",
                                "null",
                                "[]",
                                "1",
                                "\"metrics\"",
                                "{}",
                                R"({"metrics":null})",
                                R"({"metrics":{}})",
                                R"({"metrics":[1]})",
                                R"({"metrics":[)" + good + "]",
                                R"({"metrics":[)" + good + R"(,{"name":1,"value":1}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":"1"}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m"}]})",
                                R"({"metrics":[)" + good + R"(,{"value":1}]})",
                                R"({"metrics":[)" + good + R"(]} trailing)",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":NaN}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":1,"dimensions":{"k":1}}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":1,"dimensions":[]}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":1,"timestamp":"now"}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":1,"tags":{}}]})",
                                R"({"metrics":[)" + good + R"(,{"name":"m","value":1,"value":2}]})",
                                "{\"metrics\":[{\"name\":\"\xff\",\"value\":1}]}",
                                std::string(100'000, '[')}) {
    expect_error(write(body), 400, "INVALID_REQUEST");
    EXPECT_EQ(store_.series_count(), 0u) << body.substr(0, 100);
  }
}

TEST_F(Write, NamesTheFieldThatIsWrong) {
  const Json error = expect_error(write(R"({"metrics":[{"name":"m","value":"x"}]})"), 400, "INVALID_REQUEST");
  EXPECT_EQ(error["details"], (Json{{"field", "metrics[0].value"}}));
}

TEST_F(Write, LimitsThePointsOfABatch) {
  EXPECT_EQ(body_of(write(many(10'000, 0)))["accepted"], 10'000);
  expect_error(write(many(10'001, 0)), 400, "BATCH_TOO_LARGE");
}

TEST_F(Write, LimitsTheBytesOfABatch) {
  std::string body = many(1, 0);
  body.resize(10'485'760, ' ');
  EXPECT_EQ(write(body).status, 200);
  expect_error(write(body + ' '), 413, "REQUEST_TOO_LARGE");
}

TEST_F(Write, TakesJsonOnly) {
  const auto typed = [&](const std::string& type) {
    return call("POST", "/api/v1/write", {}, many(1, 0), {{"Content-Type", type}});
  };
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"UTF-8\""}) {
    EXPECT_EQ(typed(type).status, 200) << type;
  }
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1",
                           "application/jsonx", "application/json, text/plain"}) {
    expect_error(typed(type), 415, "UNSUPPORTED_MEDIA_TYPE");
  }
}

TEST_F(Write, TakesNoParameters) {
  EXPECT_EQ(expect_error(call("POST", "/api/v1/write", {{"sync", "1"}}, many(1, 0)), 400,
                         "INVALID_REQUEST")["details"]["field"],
            "sync");
  EXPECT_EQ(store_.series_count(), 0u);
}

class WriteWithFewSeries : public ApiTest {
 protected:
  WriteWithFewSeries() : ApiTest(few()) {}
  static Options few() {
    Options few = options();
    few.set("cardinality_limits.max_unique_series_per_metric", "1");
    few.set("cardinality_limits.max_metrics_per_tenant", "2");
    return few;
  }
};

TEST_F(WriteWithFewSeries, RefusesOnlyNewSeries) {
  EXPECT_EQ(write(R"({"metrics":[{"name":"m","value":1,"dimensions":{"k":"a"}}]})").status, 200);
  const Json body = body_of(write(R"({"metrics":[{"name":"m","value":1,"dimensions":{"k":"b"}},
                                                 {"name":"m","value":2,"dimensions":{"k":"a"}}]})"),
                            207);
  EXPECT_EQ(body["errors"][0]["code"], "CARDINALITY_EXCEEDED");
  EXPECT_EQ(body["errors"][0]["index"], 0);
  EXPECT_EQ(write(R"({"metrics":[{"name":"n","value":1}]})").status, 200);
  EXPECT_EQ(expect_error(write(R"({"metrics":[{"name":"o","value":1}]})"), 400,
                         "VALIDATION_FAILED")["details"]["errors"][0]["code"],
            "CARDINALITY_EXCEEDED");
}

}  // namespace
}  // namespace luminate::server::api
