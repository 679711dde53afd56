#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <luminate/store.hpp>

#include <random>
#include <string>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

// Series that write_json() knows by their bytes: nothing may tell them from those whose dimensions are read.
namespace luminate {
namespace {

using Kind = Aggregation::Kind;

std::string point(const std::string& metric, const std::string& dimensions, std::int64_t timestamp_ms = test::kStart) {
  return R"({"name":")" + metric + R"(","timestamp":)" + std::to_string(timestamp_ms) + R"(,"value":1,"dimensions":)" +
         dimensions + "}";
}
std::string text_of(const std::string& points) {
  return R"({"metrics":[)" + points + "]}";
}

class SqliteKnownSeries : public testing::Test {
 protected:
  Store open(const Options& options = test::test_options()) const {
    return Store::open("sqlite:" + (directory_.path() / "store.db").string(), options);
  }
  test::TemporaryDirectory directory_;
};

TEST_F(SqliteKnownSeries, AreMadeAnewAfterTheyWereDeleted) {
  Store store = open();
  const std::string text = text_of(point("m", R"({"h":"a"})") + "," + point("m", R"({"h":"b"})"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(store.write_json(text).accepted, 2U);
    EXPECT_EQ(store.write_json(text).accepted, 2U);
    EXPECT_EQ(store.series_count("m"), 2U);
    EXPECT_EQ(store.remove({.metric = "m", .filters = {{"h", Filter::Kind::any_of, {"b"}}}}), 1U);
    EXPECT_EQ(store.series_count("m"), 1U);
    // Its number is the one that b had.
    EXPECT_EQ(store.write_json(text_of(point("m", R"({"h":"c"})"))).accepted, 1U);
    EXPECT_EQ(store.dimension_values("m", "h"), (test::Lines{"a", "c"}));
    EXPECT_EQ(store.remove({.metric = "m"}), 2U);
    EXPECT_EQ(store.metrics(), test::Lines{});
  }
}

TEST_F(SqliteKnownSeries, AreStillJudgedPointByPoint) {
  Store store = open();
  const std::string good = point("m", R"({"h":"a"})");
  EXPECT_EQ(store.write_json(text_of(good)).accepted, 1U);
  const std::string bad_dimension = point("m", R"({"h":""})");
  const std::string too_old = point("m", R"({"h":"a"})", 1);
  const std::string unseen = point("m", R"({"h":"unseen"})", 1);
  for (int round = 0; round < 3; ++round) {
    const auto report = store.write_json(text_of(good + "," + bad_dimension + "," + too_old + "," + unseen));
    EXPECT_EQ(report.accepted, 1U);
    ASSERT_EQ(report.errors.size(), 3U);
    EXPECT_EQ(report.errors[0].code, ErrorCode::invalid_dimension_value);
    EXPECT_EQ(report.errors[1].code, ErrorCode::invalid_timestamp);
    EXPECT_EQ(report.errors[1].metric, "m");
    EXPECT_EQ(report.errors[2].index, 3U);
    EXPECT_EQ(store.series_count(), 1U);
  }
}

TEST_F(SqliteKnownSeries, AreAcceptedBesideOthersThatTheLimitRefuses) {
  Options options = test::test_options();
  options.cardinality.max_series_per_metric = 2;
  Store store = open(options);
  const std::string two = point("m", R"({"h":"a"})") + "," + point("m", R"({"h":"b"})");
  EXPECT_EQ(store.write_json(text_of(two)).accepted, 2U);
  for (int round = 0; round < 3; ++round) {
    const auto report = store.write_json(text_of(point("m", R"({"h":"c"})") + "," + two));
    EXPECT_EQ(report.accepted, 2U);
    ASSERT_EQ(report.errors.size(), 1U);
    EXPECT_EQ(report.errors[0].index, 0U);
    EXPECT_EQ(report.errors[0].code, ErrorCode::cardinality_exceeded);
  }
  EXPECT_EQ(store.remove({.metric = "m", .filters = {{"h", Filter::Kind::any_of, {"a"}}}}), 1U);
  EXPECT_EQ(store.write_json(text_of(point("m", R"({"h":"c"})"))).accepted, 1U);
  EXPECT_EQ(store.write_json(text_of(two)).errors.at(0).index, 0U);
}

TEST_F(SqliteKnownSeries, SurviveAWriteThatFailed) {
  EXPECT_EQ(test::in_child([&]() -> std::string {
              ::signal(SIGXFSZ, SIG_IGN);
              const auto limit_files = [](rlim_t bytes) {
                const rlimit limit{bytes, RLIM_INFINITY};
                ::setrlimit(RLIMIT_FSIZE, &limit);
              };
              Store store = open();
              const auto host = [](const std::string& name, int points) {
                std::string text;
                for (int i = 0; i < points; ++i) {
                  text += (i == 0 ? "" : ",") + point("m", R"({"h":")" + name + R"("})", test::kStart + i);
                }
                return text_of(text);
              };
              store.write_json(host("known", 1));
              limit_files(1);
              for (const char* name : {"known", "lost"}) {
                if (test::error_of([&] { store.write_json(host(name, 9)); }) != "STORAGE_UNAVAILABLE") {
                  return std::string("wrote ") + name;
                }
              }
              limit_files(RLIM_INFINITY);
              // Gets the number that the lost one had.
              store.write_json(host("new", 2));
              store.write_json(host("lost", 3));
              store.write_json(host("known", 4));
              store.write_json(host("new", 5));
              std::string found;
              for (const auto& line : test::lines(store.query(
                       Query::aggregate("m", {{Kind::count}}).between(test::kStart, test::kNow).by({"h"})))) {
                found += line + "; ";
              }
              return found;
            }),
            "new: 5 (5); known: 4 (4); lost: 3 (3); ");
}

TEST_F(SqliteKnownSeries, GiveTheAnswersOfAStoreThatKnowsNone) {
  std::mt19937 random(7);
  Store stores[] = {open(), Store::open("memory:", test::test_options())};
  for (int round = 0; round < 400; ++round) {
    const std::string tenant = random() % 2 == 0 ? "" : "t";
    const std::string metric = "m" + std::to_string(random() % 2);
    if (random() % 8 == 0) {
      const Deletion deletion{.metric = metric,
                              .filters = {{"h", Filter::Kind::any_of, {std::to_string(random() % 6)}}}};
      std::uint64_t removed[2];
      for (int i = 0; i < 2; ++i) {
        removed[i] = (tenant.empty() ? stores[i] : stores[i].tenant(tenant)).remove(deletion);
      }
      EXPECT_EQ(removed[0], removed[1]);
    }
    std::string points;
    for (auto left = 1 + random() % 8; left > 0; --left) {
      const std::string host = std::to_string(random() % 6);
      const std::string zone = std::to_string(random() % 2);
      points +=
          (points.empty() ? "" : ",") + point("m" + std::to_string(random() % 2),
                                              random() % 2 == 0 ? R"({"h":")" + host + R"(","z":")" + zone + R"("})"
                                                                : R"({"z":")" + zone + R"(","h":")" + host + R"("})",
                                              test::kStart + static_cast<std::int64_t>(random() % 50));
    }
    test::Lines answers[2];
    for (int i = 0; i < 2; ++i) {
      Store store = tenant.empty() ? stores[i] : stores[i].tenant(tenant);
      EXPECT_EQ(store.write_json(text_of(points)).rejected, 0U);
      const Result result =
          store.query(Query::aggregate(metric, {{Kind::count}}).between(test::kStart, test::kNow).by({"h", "z"}));
      answers[i] = test::lines(result);
      answers[i].push_back(std::to_string(store.series_count()));
    }
    ASSERT_EQ(answers[0], answers[1]) << "round " << round;
  }
}

}  // namespace
}  // namespace luminate
