#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::error_of;
using test::Lines;
using test::put;
using Kind = Aggregation::Kind;

constexpr std::int64_t kDay = 86'400'000;

class QueryLimitsHold : public StoreTest {
 protected:
  /// Series enough that no backend answers anything about them within a millisecond.
  void write_many_series() {
    Options options = test::test_options();
    open(options);
    for (int batch = 0; batch < 4; ++batch) {
      Batch points;
      for (int i = 0; i < 10'000; ++i) {
        points.add({"m", test::kStart + i, 1, {{"id", std::to_string(batch * 10'000 + i)}}});
      }
      ASSERT_EQ(store->write(points).rejected, 0u);
    }
  }
};
LUMINATE_FOR_ALL_BACKENDS(QueryLimitsHold);

TEST_P(QueryLimitsHold, ForGroups) {
  Options options = test::test_options();
  options.queries.max_groups = 2;
  open(options);
  put(*store, {{"m", 0, 1, {{"h", "a"}}}, {"m", 0, 1, {{"h", "b"}}}, {"m", 1, 1, {{"h", "b"}}}});
  const Query query = aggregate("m", {{Kind::count}}).by({"h"});
  Query in_buckets = query;
  in_buckets.every(std::chrono::seconds(1));
  EXPECT_EQ(ask(query).size(), 2u);
  EXPECT_EQ(ask(in_buckets).size(), 2u);
  put(*store, {{"m", 1'000'000, 1, {{"h", "c"}}}});
  EXPECT_EQ(error_of([&] { ask(query); }), "RESULT_LIMIT_EXCEEDED");
  EXPECT_EQ(error_of([&] { ask(Query(query).top(1)); }), "RESULT_LIMIT_EXCEEDED");
  EXPECT_EQ(error_of([&] { ask(in_buckets); }), "RESULT_LIMIT_EXCEEDED");
  EXPECT_EQ(error_of([&] { ask(rate("m").by({"h"})); }), "RESULT_LIMIT_EXCEEDED");
  // A group without samples in the range, or that is filtered away, is none.
  EXPECT_EQ(ask(Query(query).between(test::kStart, test::kStart + 1'000'000)).size(), 2u);
  EXPECT_EQ(ask(Query(query).where_not("h", "a")).size(), 2u);
}

TEST_P(QueryLimitsHold, ForRows) {
  Options options = test::test_options();
  options.queries.max_rows = 3;
  open(options);
  put(*store, {{"m", 0, 1, {{"h", "a"}}}, {"m", 1'000, 1, {{"h", "a"}}}, {"m", 1'000, 1, {{"h", "b"}}}});
  const Query query = aggregate("m", {{Kind::count}}).by({"h"}).every(std::chrono::seconds(1));
  EXPECT_EQ(ask(query).size(), 3u);
  put(*store, {{"m", 2'000, 1, {{"h", "b"}}}});
  EXPECT_EQ(error_of([&] { ask(query); }), "RESULT_LIMIT_EXCEEDED");
  EXPECT_EQ(ask(Query(query).every(std::chrono::minutes(1))).size(), 2u);
  EXPECT_EQ(ask(Query(query).by({})).size(), 3u);
}

TEST_P(QueryLimitsHold, ForTheTimeRange) {
  open();
  put(*store, {{"m", 0, 1, {}}});
  const auto over = [](std::int64_t length) {
    return Query::aggregate("m", {{Kind::count}}).between(test::kNow - length, test::kNow);
  };
  EXPECT_EQ(ask(over(90 * kDay)), Lines{": 1 (1)"});
  EXPECT_EQ(error_of([&] { ask(over(90 * kDay + 1)); }), "INVALID_QUERY timeRange");
  EXPECT_EQ(error_of([&] { ask(over(0)); }), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(error_of([&] { ask(over(-1)); }), "INVALID_QUERY timeRange.start");
  const auto last = [](std::int64_t length) {
    return Query::aggregate("m", {{Kind::count}}).last(std::chrono::milliseconds(length));
  };
  EXPECT_EQ(ask(last(90 * kDay)), Lines{": 1 (1)"});
  EXPECT_EQ(error_of([&] { ask(last(90 * kDay + 1)); }), "INVALID_QUERY timeRange.relative");
}

TEST_P(QueryLimitsHold, ForTheTimeoutThatIsAskedFor) {
  open();
  Query query = aggregate("m", {{Kind::count}});
  query.timeout = std::chrono::seconds(30);
  EXPECT_EQ(error_of([&] { ask(query); }), "");
  query.timeout = std::chrono::milliseconds(30'001);
  EXPECT_EQ(error_of([&] { ask(query); }), "INVALID_QUERY timeout");
  query.timeout = std::chrono::milliseconds(0);
  EXPECT_EQ(error_of([&] { ask(query); }), "INVALID_QUERY timeout");
}

TEST_P(QueryLimitsHold, WhenTheTimeIsUp) {
  write_many_series();
  for (Query query : {range("m"), aggregate("m", {Aggregation::quantile(0.5)}), rate("m")}) {
    query.filters.push_back({.key = "id", .kind = Filter::Kind::matches, .operands = {"(1|2|3|4|5|6|7|8|9|0)*[0-8]"}});
    query.timeout = std::chrono::milliseconds(1);
    EXPECT_EQ(error_of([&] { ask(query); }), "QUERY_TIMEOUT");
    query.timeout.reset();
    EXPECT_EQ(error_of([&] { ask(query); }), "");
  }
}

TEST_P(QueryLimitsHold, WhenTheCallerStops) {
  open();
  put(*store, {{"m", 0, 1, {}}, {"m", 1, 1, {}}});
  std::stop_source stop;
  EXPECT_EQ(test::lines(store->query(aggregate("m", {{Kind::count}}), stop.get_token())), Lines{": 2 (2)"});
  stop.request_stop();
  for (const Query& query : {range("m"), aggregate("m", {{Kind::count}}), rate("m"), range("nobody")}) {
    EXPECT_EQ(error_of([&] { (void)store->query(query, stop.get_token()); }), "CANCELLED");
  }
}

}  // namespace
}  // namespace luminate::conformance
