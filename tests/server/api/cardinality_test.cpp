#include "api_test.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kPath = "/api/v1/admin/cardinality";

class CardinalityApi : public ApiTest {
 protected:
  CardinalityApi() : ApiTest(limited()) {}

  static Options limited() {
    Options options = ApiTest::options();
    options.cardinality = {.max_series_per_metric = 3, .max_metrics = 5};
    return options;
  }
  void SetUp() override {
    store_point("cpu", kNow, 1, {{"host", "a"}, {"core", "0"}});
    store_point("cpu", kNow, 1, {{"host", "a"}, {"core", "1"}});
    store_point("cpu", kNow, 1, {{"host", "b"}});
    store_point("mem", kNow, 1);
  }
};

TEST_F(CardinalityApi, ShowsWhereSeriesAreAndWhatIsLeft) {
  EXPECT_EQ(get(kPath).body,
            R"({"metricCount":2,"seriesCount":4,)"
            R"("limits":{"maxMetrics":5,"metricsLeft":3,"maxSeriesPerMetric":3},)"
            R"("metrics":[{"metric":"cpu","series":3,"seriesLeft":0},{"metric":"mem","series":1,"seriesLeft":2}],)"
            R"("keys":[{"metric":"cpu","key":"core","values":2,"series":2},)"
            R"({"metric":"cpu","key":"host","values":2,"series":3}],)"
            R"("values":[{"metric":"cpu","key":"host","value":"a","series":2},)"
            R"({"metric":"cpu","key":"core","value":"0","series":1},)"
            R"({"metric":"cpu","key":"core","value":"1","series":1},)"
            R"({"metric":"cpu","key":"host","value":"b","series":1}],)"
            R"("refusals":{"totals":[],"entries":[]}})");
}

TEST_F(CardinalityApi, ShowsOneMetricAndSoManyOfEach) {
  const Json mem = body_of(get(kPath, {{"metric", "mem"}}));
  EXPECT_EQ(mem["seriesCount"], 4);
  EXPECT_EQ(mem["metrics"], Json::parse(R"([{"metric":"mem","series":1,"seriesLeft":2}])"));
  EXPECT_TRUE(mem["values"].empty());
  const Json one = body_of(get(kPath, {{"limit", "1"}}));
  EXPECT_EQ(one["metrics"].size(), 1u);
  EXPECT_EQ(one["keys"].size(), 1u);
  EXPECT_EQ(one["values"], Json::parse(R"([{"metric":"cpu","key":"host","value":"a","series":2}])"));
  EXPECT_EQ(get(kPath, {{"limit", "1000"}}).status, 200);
  EXPECT_TRUE(body_of(get(kPath, {{"metric", "nobody"}}))["metrics"].empty());
}

TEST_F(CardinalityApi, ShowsWhatWasRefused) {
  write(
      R"({"metrics":[{"name":"cpu","value":1,"dimensions":{"host":"c"}},{"name":"cpu","value":1,"dimensions":{"host":"d"}},)"
      R"({"name":"mem","value":1,"timestamp":1},{"name":"no name","value":1}]})");
  store_.tenant("acme").write_json(R"({"metrics":[{"name":"secret","value":1,"timestamp":1}]})");
  const Json refusals = body_of(get(kPath))["refusals"];
  EXPECT_EQ(refusals["totals"], Json::parse(R"([{"code":"INVALID_METRIC_NAME","points":1},)"
                                            R"({"code":"INVALID_TIMESTAMP","points":1},)"
                                            R"({"code":"CARDINALITY_EXCEEDED","points":2}])"));
  EXPECT_EQ(refusals["entries"], Json::parse(R"([{"metric":"cpu","code":"CARDINALITY_EXCEEDED","points":2},)"
                                             R"({"metric":"","code":"INVALID_METRIC_NAME","points":1},)"
                                             R"({"metric":"mem","code":"INVALID_TIMESTAMP","points":1}])"));
  EXPECT_EQ(body_of(get(kPath, {{"limit", "1"}}))["refusals"]["entries"].size(), 1u);
  const Json mem = body_of(get(kPath, {{"metric", "mem"}}))["refusals"];
  EXPECT_EQ(mem["entries"], Json::parse(R"([{"metric":"mem","code":"INVALID_TIMESTAMP","points":1}])"));
  EXPECT_EQ(mem["totals"], refusals["totals"]);
}

TEST_F(CardinalityApi, TakesNoOtherParameters) {
  for (const Query& query : std::vector<Query>{{{"limit", "0"}},
                                               {{"limit", "1001"}},
                                               {{"limit", "ten"}},
                                               {{"metrics", "cpu"}},
                                               {{"metric", "cpu"}, {"metric", "mem"}}}) {
    expect_error(get(kPath, query), 400, "INVALID_REQUEST");
  }
}

}  // namespace
}  // namespace luminate::server::api
