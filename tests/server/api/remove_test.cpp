#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class Remove : public ApiTest {
 protected:
  void SetUp() override {
    store_point("m", kNow - 2, 1, {{"k", "a"}});
    store_point("m", kNow - 1, 1, {{"k", "b"}});
    store_point("m", kNow, 1, {{"k", "a"}});
    store_point("other", kNow - 2, 1);
  }
  http::Response remove(Query query, std::string body = "", http::Headers headers = {}) {
    return call("DELETE", "/api/v1/admin/metrics/m", std::move(query), std::move(body), std::move(headers));
  }
  std::uint64_t samples_left() {
    return store_.query(luminate::Query::range("m").last(std::chrono::hours(1))).range().value_column.size();
  }
};

TEST_F(Remove, DeletesWhatIsOlder) {
  EXPECT_EQ(remove({{"before", std::to_string(kNow)}}).body, R"({"deleted":2})");
  EXPECT_EQ(samples_left(), 1u);
  EXPECT_EQ(store_.metrics(), (std::vector<std::string>{"m", "other"}));
}

TEST_F(Remove, DeletesARange) {
  EXPECT_EQ(remove({{"start", std::to_string(kNow - 1)}, {"end", std::to_string(kNow)}}).body, R"({"deleted":1})");
  EXPECT_EQ(remove({{"start", "2023-11-14T22:13:20Z"}}).body, R"({"deleted":1})");
  EXPECT_EQ(remove({{"end", std::to_string(kNow)}}).body, R"({"deleted":1})");
  EXPECT_EQ(samples_left(), 0u);
}

TEST_F(Remove, DeletesWhatTheFiltersMatch) {
  EXPECT_EQ(remove({{"before", std::to_string(kNow + 1)}}, R"({"filters":{"k":{"not":"a"}}})").body,
            R"({"deleted":1})");
  EXPECT_EQ(remove({{"before", std::to_string(kNow + 1)}}, R"({"filters":{"k":["a","c"]}})").body, R"({"deleted":2})");
}

TEST_F(Remove, OnlyCountsInADryRun) {
  EXPECT_EQ(remove({{"before", std::to_string(kNow)}, {"dryRun", "true"}}).body, R"({"deleted":2})");
  EXPECT_EQ(samples_left(), 3u);
  EXPECT_EQ(remove({{"before", std::to_string(kNow)}, {"dryRun", "false"}}).body, R"({"deleted":2})");
  EXPECT_EQ(samples_left(), 1u);
}

TEST_F(Remove, NeverDeletesWithoutBeingToldWhat) {
  const std::string all = std::to_string(kNow + 1);
  for (const Query& query : std::vector<Query>{{},
                                               {{"dryRun", "false"}},
                                               {{"before", ""}},
                                               {{"before", "tomorrow"}},
                                               {{"befor", all}},
                                               {{"before", all}, {"start", "1"}},
                                               {{"before", all}, {"end", all}},
                                               {{"start", all}, {"end", all}},
                                               {{"before", all}, {"before", all}},
                                               {{"before", all}, {"dryRun", "yes"}},
                                               {{"before", all}, {"dryRun", ""}},
                                               {{"before", all}, {"dryrun", "true"}}}) {
    expect_error(remove(query), 400, "INVALID_REQUEST");
    EXPECT_EQ(samples_left(), 3u);
  }
}

TEST_F(Remove, NeverOverlooksAFilter) {
  const Query all{{"before", std::to_string(kNow + 1)}};
  for (const char* body : {"{", "null", "[]", " ", R"({"filter":{"k":"b"}})", R"({"filters":"k"})", R"({"filters":[]})",
                           R"({"filters":null})", R"({"filters":{"k":"b"},"filters":{}})",
                           R"({"filters":{"k":"b","k":"a"}})", R"({"filters":{}} {})", R"({"k":"b"})"}) {
    EXPECT_EQ(remove(all, body).status, 400) << body;
    EXPECT_EQ(samples_left(), 3u) << body;
  }
  expect_error(remove(all, R"({"filters":{"k":{"regex":"("}}})"), 400, "INVALID_QUERY");
  expect_error(remove(all, R"({"filters":{"k":{"like":"b"}}})"), 400, "INVALID_QUERY");
  expect_error(remove(all, R"({"filters":{"_tenant_id":"b"}})"), 400, "RESERVED_DIMENSION");
  expect_error(remove(all, R"({"filters":{"k":"b"}})", {{"Content-Type", "text/plain"}}), 415,
               "UNSUPPORTED_MEDIA_TYPE");
  EXPECT_EQ(samples_left(), 3u);
}

TEST_F(Remove, DeletesNothingOfWhatNobodyWrote) {
  EXPECT_EQ(call("DELETE", "/api/v1/admin/metrics/nobody", {{"before", "5"}}).body, R"({"deleted":0})");
}

}  // namespace
}  // namespace luminate::server::api
