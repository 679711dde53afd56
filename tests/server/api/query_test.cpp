#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class QueryApi : public ApiTest {
 protected:
  http::Response ask(const Json& changes) {
    Json query{
        {"queryType", "aggregate"}, {"metricName", "m"}, {"timeRange", {{"relative", "1h"}}}, {"aggregation", "sum"}};
    query.update(changes);
    return post("/api/v1/query", query.dump());
  }
};

TEST_F(QueryApi, Aggregates) {
  store_point("m", kNow - 1, 1, {{"k", "a"}});
  store_point("m", kNow, 2, {{"k", "b"}});
  const http::Response response = ask({{"groupBy", {"k"}}});
  EXPECT_EQ(response.route, "/api/v1/query");
  EXPECT_EQ(response.points, 2u);
  const Json body = body_of(response);
  EXPECT_EQ(body["queryType"], "aggregate");
  EXPECT_EQ(body["pointsScanned"], 2);
  EXPECT_TRUE(body["executionTimeMs"].is_number());
  EXPECT_EQ(body["results"], Json::parse(R"([{"groupKey":{"k":"b"},"value":2,"count":1},
                                             {"groupKey":{"k":"a"},"value":1,"count":1}])"));
}

TEST_F(QueryApi, GivesSamplesAndRates) {
  store_point("m", kNow - 60'000, 1, {{"k", "a"}});
  store_point("m", kNow, 61, {{"k", "a"}});
  Json body =
      body_of(post("/api/v1/query", R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1ms"}})"));
  EXPECT_EQ(body["results"], (Json{{{"timestamp", kNow}, {"value", 61}, {"dimensions", {{"k", "a"}}}}}));
  body = body_of(post("/api/v1/query", R"({"queryType":"rate","metricName":"m","timeRange":{"relative":"1h"}})"));
  EXPECT_EQ(body["results"], (Json{{{"timestamp", kNow - kNow % 60'000}, {"rate", 1}, {"groupKey", Json::object()}}}));
}

TEST_F(QueryApi, KnowsNothingOfAMetricNobodyWrote) {
  EXPECT_EQ(body_of(ask({{"metricName", "nobody"}, {"groupBy", {"k"}}}))["results"], Json::array());
}

TEST_F(QueryApi, NamesTheFieldThatIsWrong) {
  struct Case {
    Json changes;
    const char* field;
  };
  for (const Case& c : std::vector<Case>{{{{"queryType", "sum"}}, "queryType"},
                                         {{{"queryType", 1}}, "queryType"},
                                         {{{"metricName", ""}}, "metricName"},
                                         {{{"aggregation", "median"}}, "aggregation"},
                                         {{{"timeRange", {{"relative", "1x"}}}}, "timeRange.relative"},
                                         {{{"timeRange", {{"start", "then"}, {"end", 2}}}}, "timeRange.start"},
                                         {{{"interval", "0s"}}, "interval"},
                                         {{{"limit", "5"}}, "limit"},
                                         {{{"timeout", 5}}, "timeout"},
                                         {{{"groupBy", "k"}}, "groupBy"},
                                         {{{"colour", "red"}}, "colour"}}) {
    const Json error = expect_error(ask(c.changes), 400, "INVALID_QUERY");
    EXPECT_EQ(error["details"].value("field", ""), c.field) << error;
  }
}

TEST_F(QueryApi, HoldsQueriesToTheirLimits) {
  EXPECT_EQ(ask({{"timeRange", {{"relative", "90d"}}}}).status, 200);
  expect_error(ask({{"timeRange", {{"relative", "90d1ms"}}}}), 400, "INVALID_QUERY");
  EXPECT_EQ(ask({{"timeout", "30s"}}).status, 200);
  expect_error(ask({{"timeout", "30s1ms"}}), 400, "INVALID_QUERY");
  expect_error(ask({{"filters", {{"_tenant_id", "acme"}}}}), 400, "RESERVED_DIMENSION");
}

TEST_F(QueryApi, RefusesTooManyGroups) {
  Batch batch;
  for (int i = 0; i < 1'001; ++i) batch.add({"m", kNow, 1, {{"k", "v" + std::to_string(i)}}});
  ASSERT_EQ(store_.write(batch).accepted, 1'001u);
  expect_error(ask({{"groupBy", {"k"}}}), 400, "RESULT_LIMIT_EXCEEDED");
  EXPECT_EQ(store_.remove({.metric = "m", .filters = {{"k", Filter::Kind::any_of, {"v0"}}}}), 1u);
  EXPECT_EQ(body_of(ask({{"groupBy", {"k"}}}))["results"].size(), 1'000u);
}

TEST_F(QueryApi, RefusesWhatIsNoQuery) {
  for (const std::string& body : std::vector<std::string>{
           "", "{", "null", "[]", "1", "{}", "{} {}", R"({"queryType":"range","queryType":"range"})",
           std::string(100'000, '['), std::string(1024 * 1024 + 1, ' ')}) {
    expect_error(post("/api/v1/query", body), 400, "INVALID_QUERY");
  }
}

TEST_F(QueryApi, TakesJsonOnlyAndNoParameters) {
  expect_error(call("POST", "/api/v1/query", {}, "{}", {{"Content-Type", "text/plain"}}), 415,
               "UNSUPPORTED_MEDIA_TYPE");
  expect_error(call("POST", "/api/v1/query", {{"a", "b"}}, "{}"), 400, "INVALID_REQUEST");
}

TEST_F(QueryApi, GivesUpWhenItsClientIsGone) {
  store_point("m", kNow, 1);
  std::stop_source hung_up;
  hung_up.request_stop();
  http::Request request;
  request.method = "POST";
  request.path = "/api/v1/query";
  request.body = R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})";
  request.disconnected = hung_up.get_token();
  const http::Response response = api_.handle(request);
  expect_error(response, 409, "CANCELLED");
}

/// 30,000 samples of 60 bytes each in JSON, and a store that lets so many through.
class LargeAnswers : public ApiTest {
 protected:
  static constexpr std::size_t kMany = 30'000;

  LargeAnswers() : ApiTest(generous()) {
    Batch batch;
    for (std::size_t i = 0; i < kMany; ++i) {
      batch.add({"m", kNow - static_cast<std::int64_t>(i), 0.5, {{"k", "v" + std::to_string(i % 10)}}});
      if (batch.size() < 10'000) continue;
      EXPECT_EQ(store_.write(batch).rejected, 0u);
      batch.clear();
    }
  }

  static Options generous() {
    Options generous = options();
    generous.queries.max_result_points = kMany;
    return generous;
  }

  http::Response ask_for(std::size_t limit) {
    return post("/api/v1/query", R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"},"limit":)" +
                                     std::to_string(limit) + "}");
  }
};

TEST_F(LargeAnswers, ComeInPieces) {
  const http::Response response = ask_for(kMany);
  EXPECT_EQ(response.status, 200);
  ASSERT_NE(response.rest, nullptr);
  EXPECT_GE(response.body.size(), 1024u * 1024);
  EXPECT_LT(response.body.size(), 1024u * 1024 + 1'000);
  std::string text = response.body;
  std::size_t pieces = 0;
  for (std::string piece; response.rest->next(piece), !piece.empty(); piece.clear()) {
    EXPECT_LT(piece.size(), 256u * 1024 + 1'000);
    text += piece;
    ++pieces;
  }
  EXPECT_GT(pieces, 1u);
  EXPECT_EQ(response.rest->points(), kMany);
  const Result whole = store_.query(luminate::Query::range("m").last(std::chrono::hours(1)).top(kMany));
  const auto without_time = [](const std::string& json) { return json.substr(0, json.find("\"executionTimeMs\"")); };
  EXPECT_EQ(without_time(text), without_time(to_json(whole)));
  EXPECT_EQ(Json::parse(text)["pointsScanned"], kMany);
}

TEST_F(LargeAnswers, OfAMebibyteAreWhole) {
  const http::Response response = ask_for(15'000);
  EXPECT_EQ(response.rest, nullptr);
  EXPECT_EQ(response.points, kMany);
  EXPECT_LT(response.body.size(), 1024u * 1024);
  const Json body = body_of(response);
  EXPECT_EQ(body["results"].size(), 15'000u);
  EXPECT_EQ(body["truncated"], true);
}

TEST_F(LargeAnswers, FailOnTheWayWhenTheStoreIsClosed) {
  const http::Response response = ask_for(kMany);
  ASSERT_NE(response.rest, nullptr);
  store_.close();
  // What was handed out by the store is written; then the end is missing, and that must not go unnoticed.
  EXPECT_THROW(
      {
        for (std::string piece; response.rest->next(piece), !piece.empty(); piece.clear()) {
        }
      },
      Error);
}

}  // namespace
}  // namespace luminate::server::api
