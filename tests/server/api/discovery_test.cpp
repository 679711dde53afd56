#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class Discovery : public ApiTest {
 protected:
  void SetUp() override {
    store_point("alpha", kNow - 10, 1, {{"host", "h1"}, {"region", "eu"}});
    store_point("alpha", kNow, 1, {{"host", "h2"}, {"region", "eu"}});
    store_point("beta", kNow, 1, {{"zone", "z"}});
  }
  static constexpr const char* kDimensions = "/api/v1/metrics/alpha/dimensions";
  static constexpr const char* kValues = "/api/v1/metrics/alpha/dimensions/host/values";
};

TEST_F(Discovery, ListsMetricsKeysAndValues) {
  EXPECT_EQ(get("/api/v1/metrics").body, R"({"metrics":["alpha","beta"]})");
  EXPECT_EQ(get(kDimensions).body, R"({"dimensions":["host","region"]})");
  EXPECT_EQ(get(kValues).body, R"({"values":["h1","h2"]})");
  EXPECT_EQ(get(kValues).route, "/api/v1/metrics/{name}/dimensions/{key}/values");
}

TEST_F(Discovery, ListsNothingOfWhatNobodyWrote) {
  EXPECT_EQ(get("/api/v1/metrics/nobody/dimensions").body, R"({"dimensions":[]})");
  EXPECT_EQ(get("/api/v1/metrics/alpha/dimensions/nokey/values").body, R"({"values":[]})");
}

TEST_F(Discovery, NarrowsByPrefixLimitAndTime) {
  EXPECT_EQ(get("/api/v1/metrics", {{"prefix", "b"}}).body, R"({"metrics":["beta"]})");
  EXPECT_EQ(get("/api/v1/metrics", {{"limit", "1"}}).body, R"({"metrics":["alpha"]})");
  EXPECT_EQ(get(kDimensions, {{"prefix", "r"}}).body, R"({"dimensions":["region"]})");
  EXPECT_EQ(get(kValues, {{"end", std::to_string(kNow)}}).body, R"({"values":["h1"]})");
  EXPECT_EQ(get(kValues, {{"start", std::to_string(kNow)}}).body, R"({"values":["h2"]})");
  EXPECT_EQ(get(kValues, {{"start", "2023-11-14T22:13:20Z"}, {"end", std::to_string(kNow + 1)}}).body,
            R"({"values":["h2"]})");
  EXPECT_EQ(get(kValues, {{"start", std::to_string(kNow + 1)}}).body, R"({"values":[]})");
}

TEST_F(Discovery, ListsAHundredValuesUnlessAskedForMore) {
  Batch batch;
  for (int i = 0; i < 101; ++i) batch.add({"gamma", kNow, 1, {{"k", "v" + std::to_string(i)}}});
  ASSERT_EQ(store_.write(batch).accepted, 101u);
  const std::string path = "/api/v1/metrics/gamma/dimensions/k/values";
  EXPECT_EQ(body_of(get(path))["values"].size(), 100u);
  EXPECT_EQ(body_of(get(path, {{"limit", "10000"}}))["values"].size(), 101u);
}

TEST_F(Discovery, NamesTheParameterThatIsWrong) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"limit", "0"},
                                                                                    {"limit", "10001"},
                                                                                    {"limit", "-1"},
                                                                                    {"limit", "ten"},
                                                                                    {"limit", ""},
                                                                                    {"limit", "1 "},
                                                                                    {"start", "yesterday"},
                                                                                    {"end", ""},
                                                                                    {"offset", "1"}}) {
    for (const std::string path : {"/api/v1/metrics", kDimensions, kValues}) {
      const Json error = expect_error(get(path, {{name, value}}), 400, "INVALID_REQUEST");
      EXPECT_EQ(error["details"], (Json{{"field", name}})) << error;
    }
  }
}

TEST_F(Discovery, NamesTheNearestForAnUnknownParameter) {
  const Json error = expect_error(get("/api/v1/metrics", {{"prefx", "a"}}), 400, "INVALID_REQUEST");
  EXPECT_EQ(error["message"], "unknown parameter 'prefx'; the nearest is 'prefix'");
}

TEST_F(Discovery, RefusesAmbiguousAndEmptyRanges) {
  expect_error(get("/api/v1/metrics", {{"limit", "1"}, {"limit", "2"}}), 400, "INVALID_REQUEST");
  expect_error(get("/api/v1/metrics", {{"start", "5"}, {"end", "5"}}), 400, "INVALID_REQUEST");
  EXPECT_EQ(get("/api/v1/metrics", {{"start", "5"}, {"end", "6"}}).status, 200);
}

TEST_F(Discovery, TellsWhereThePlusOfAnOffsetWent) {
  // What becomes of ?start=2026-01-01T00:00:00+01:00.
  const Json lost =
      expect_error(get("/api/v1/metrics", {{"start", "2026-01-01T00:00:00 01:00"}}), 400, "INVALID_REQUEST");
  EXPECT_NE(lost.value("message", "").find("%2B"), std::string::npos) << lost;
  const Json other = expect_error(get("/api/v1/metrics", {{"start", "yesterday"}}), 400, "INVALID_REQUEST");
  EXPECT_EQ(other.value("message", "").find("%2B"), std::string::npos) << other;
}

}  // namespace
}  // namespace luminate::server::api
