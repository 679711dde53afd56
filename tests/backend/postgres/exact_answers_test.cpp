#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"
#include "support/temporary_directory.hpp"

// Where PostgreSQL's own arithmetic or its planner would let a query down, the answers are those of SQLite all the
// same, to the last bit, as the samples are then evaluated by the engine.
namespace luminate::postgres {
namespace {

using Kind = Aggregation::Kind;
using test::kStart;
using test::Lines;

constexpr double kHuge = std::numeric_limits<double>::max();

class PostgresAnswers : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    open(test::test_options());
  }

  void open(const Options& options) {
    schema.emplace();
    store = Store::open(schema->url(), options);
    reference = Store::open("sqlite:" + (folder.path() / (schema->name() + ".db")).string(), options);
  }

  void put(const std::vector<Point>& points) {
    test::put(*store, points);
    test::put(*reference, points);
  }

  static Query ask(std::vector<Aggregation> aggregations) {
    return Query::aggregate("m", std::move(aggregations)).between(kStart, kStart + 3'600'000);
  }

  void expect_same(const Query& query, const std::string& what) {
    const Result expected = reference->query(query);
    const Result found = store->query(query);
    EXPECT_EQ(test::lines(expected), test::lines(found)) << what;
    EXPECT_EQ(expected.points_scanned, found.points_scanned) << what;
  }

  void expect_same_of_all_kinds() {
    for (int kind = 1; kind <= 10; ++kind) {
      Query query = ask({{static_cast<Kind>(kind), 0.5}});
      expect_same(query, "kind " + std::to_string(kind));
      expect_same(Query(query).by({"h"}), "kind " + std::to_string(kind) + " by h");
      expect_same(Query(query).by({"h"}).every(std::chrono::seconds(1)), "kind " + std::to_string(kind) + ", buckets");
    }
    const Query rate = Query::rate("m").between(kStart, kStart + 3'600'000).by({"h"});
    expect_same(rate, "rate");
    expect_same(Query(rate).every(std::chrono::seconds(1)), "rate in seconds");
  }

  test::TemporaryDirectory folder;
  std::optional<test::PostgresSchema> schema;
  std::optional<Store> store;
  std::optional<Store> reference;
};

TEST_F(PostgresAnswers, StandWhereSumsGoBeyondDoubles) {
  put({{"m", 0, kHuge, {{"h", "a"}}}, {"m", 1'000, kHuge, {{"h", "a"}}}, {"m", 2'000, kHuge, {{"h", "b"}}}});
  expect_same_of_all_kinds();
}

TEST_F(PostgresAnswers, StandWhereDifferencesGoBeyondDoubles) {
  put({{"m", 0, -kHuge, {{"h", "a"}}}, {"m", 1'000, kHuge, {{"h", "a"}}}, {"m", 2'000, -kHuge, {{"h", "b"}}}});
  expect_same_of_all_kinds();
}

TEST_F(PostgresAnswers, StandWhereValuesAreTooSmallForReals) {
  constexpr double kTiny = std::numeric_limits<double>::denorm_min();
  put({{"m", 0, kTiny, {{"h", "a"}}}, {"m", 1'000, 5 * kTiny, {{"h", "a"}}}, {"m", 1'000, -kTiny, {{"h", "b"}}}});
  expect_same_of_all_kinds();
}

TEST_F(PostgresAnswers, StandWhereSumsCancelOneAnother) {
  put({{"m", 0, 1e16, {{"h", "a"}}}, {"m", 100, 3, {{"h", "a"}}}, {"m", 200, -1e16, {{"h", "a"}}}});
  EXPECT_EQ(test::lines(store->query(ask({{Kind::sum}, {Kind::avg}}))), Lines{": 3 1 (3)"});
  expect_same_of_all_kinds();
}

TEST_F(PostgresAnswers, DoNotDriftWithTheNumberOfSamples) {
  // Added up one by one in doubles these are 1e-11 off.
  std::vector<Point> points;
  for (int i = 0; i < 10'000; ++i) points.push_back({"m", i, 0.1, {{"h", "a"}}});
  for (int i = 0; i < 10'000; ++i) points.push_back({"m", 20'000 + i, 0.1, {{"h", "a"}}});
  for (std::size_t i = 0; i < points.size(); i += 10'000) {
    put({points.begin() + static_cast<long>(i), points.begin() + static_cast<long>(i) + 10'000});
  }
  EXPECT_NEAR(store->query(ask({{Kind::sum}})).aggregate().rows.at(0).values.at(0), 2'000, 2'000 * 1e-14);
  EXPECT_EQ(store->query(ask({{Kind::stddev}})).aggregate().rows.at(0).values.at(0), 0);
}

TEST_F(PostgresAnswers, StandForDeviationsFarFromZero) {
  put({{"m", 0, 1e15 + 1, {{"h", "a"}}}, {"m", 1, 1e15 + 3, {{"h", "a"}}}, {"m", 2, 1e15 + 5, {{"h", "b"}}}});
  EXPECT_EQ(test::lines(store->query(ask({{Kind::stddev}}).by({"h"}))), (Lines{"a: 1 (2)", "b: 0 (1)"}));
}

TEST_F(PostgresAnswers, StandForAsManySeriesAsAreGuessedAndForMore) {
  // The steps are at 50 and at 500.
  std::vector<Point> points;
  const auto add = [&](const std::string& host, int series) {
    for (int i = 0; i < series; ++i) {
      const Dimensions dimensions{{"h", host}, {"id", std::to_string(i)}};
      for (int second = 0; second < 3; ++second) points.push_back({"m", second * 1'000, 1.5 * i - second, dimensions});
    }
  };
  for (const int series : {1, 50, 51, 500, 501}) add(std::to_string(series), series);
  put(points);
  for (const char* host : {"1", "50", "51", "500", "501", "none"}) {
    for (const Query& query : {ask({Aggregation::quantile(0.9)}), ask({{Kind::avg}, {Kind::first}, {Kind::max}}),
                               ask({{Kind::count}, {Kind::last}, {Kind::integral}}).every(std::chrono::seconds(1)),
                               Query::rate("m").between(kStart, kStart + 60'000),
                               Query::range("m").between(kStart, kStart + 1'001).top(70)}) {
      expect_same(Query(query).where("h", host), host);
      expect_same(Query(query).where("h", host).where_not("id", "0"), host);
      if (query.type != QueryType::range) expect_same(Query(query).where("h", host).by({"h", "none"}), host);
    }
  }
}

TEST_F(PostgresAnswers, StandForManySeries) {
  // More than are handed to the server by their ids, which are 20,000.
  Options options = test::test_options();
  options.queries.max_groups = 100'000;
  open(options);
  for (int batch = 0; batch < 3; ++batch) {
    std::vector<Point> points;
    for (int i = 0; i < 10'000 - (batch == 2 ? 9'999 : 0); ++i) {
      const std::string id = std::to_string(batch * 10'000 + i);
      points.push_back({"m", batch * 1'000 + i % 7, i % 100 + 0.5, {{"id", id}, {"h", id.substr(id.size() - 1)}}});
    }
    put(points);
    if (batch == 0) continue;
    for (const Query& query :
         {ask({{Kind::sum}, {Kind::first}, {Kind::last}}).by({"h"}), ask({{Kind::count}}).by({"id"}),
          ask({Aggregation::quantile(0.5), {Kind::max}}).by({"h"}).every(std::chrono::seconds(1)),
          ask({{Kind::avg}}).where_not("h", "3"), ask({{Kind::avg}}).where_matches("id", ".*[0-8]"),
          ask({{Kind::avg}}).where_not_matches("id", "1.*9").by({"h"}), ask({{Kind::integral}}).by({"h"}),
          Query::range("m").between(kStart, kStart + 5).top(50)}) {
      expect_same(query, "series " + std::to_string((batch == 2 ? 1 : batch + 1) + 10'000 * batch));
    }
  }
}

TEST_F(PostgresAnswers, LeaveOtherMetricsAlone) {
  put({{"m", 0, 1, {{"h", "a"}}},
       {"m", 0, 2, {{"h", "b"}}},
       {"n", 0, kHuge, {{"h", "a"}}},
       {"n", 1, kHuge, {{"h", "a"}}}});
  expect_same_of_all_kinds();
  expect_same(Query::range("m").between(kStart, kStart + 1), "range");
}

TEST_F(PostgresAnswers, CountGroupsBeforeRows) {
  Options options = test::test_options();
  options.queries.max_groups = 3;
  options.queries.max_rows = 4;
  open(options);
  reference = Store::open("memory:", options);
  std::vector<Point> points;
  for (int i = 0; i < 4; ++i) {
    for (int second = 0; second < 3; ++second) {
      points.push_back({"m", second * 1'000, 1.0 * i, {{"h", std::to_string(i)}, {"two", std::to_string(i % 2)}}});
    }
  }
  put(points);
  const auto message = [&](const Query& query) { return test::message_of([&] { (void)store->query(query); }); };
  const auto expected = [&](const Query& query) { return test::message_of([&] { (void)reference->query(query); }); };
  for (const Query& query :
       {ask({{Kind::avg}}).by({"h"}), ask({{Kind::avg}}).by({"h"}).every(std::chrono::seconds(1)),
        ask({{Kind::avg}}).by({"two"}).every(std::chrono::seconds(1)),
        ask({{Kind::avg}}).every(std::chrono::seconds(1)),
        Query::rate("m").between(kStart, kStart + 9'000).by({"h"}).every(std::chrono::seconds(1)),
        Query::rate("m").between(kStart, kStart + 9'000).by({"two"}).every(std::chrono::seconds(1))}) {
    EXPECT_EQ(message(query), expected(query));
  }
}

TEST_F(PostgresAnswers, CutTimeIntoBucketsBeforeTheEpochAndOfAnyLength) {
  open(test::timeless_options());
  put({{"m", -kStart - 1, 1, {}},
       {"m", -kStart, 2, {}},
       {"m", -kStart - 60'000, 4, {}},
       {"m", 59'999 - kStart, 8, {}}});
  for (const std::int64_t ms : {1, 7, 59'999, 60'000, 61'000, 86'400'000}) {
    const Query query =
        Query::aggregate("m", {{Kind::sum}}).between(-70'000, 70'000).every(std::chrono::milliseconds(ms));
    expect_same(query, std::to_string(ms));
  }
  expect_same(Query::aggregate("m", {{Kind::sum}}).between(-70'000, 70'000).every(std::chrono::hours(90 * 24)),
              "the longest");
}

}  // namespace
}  // namespace luminate::postgres
