#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;
using Kind = Aggregation::Kind;

class Aggregates : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) open();
  }
  /// The value of one aggregation over all samples of "m".
  double value(const Aggregation& aggregation) const {
    const Result result = store->query(aggregate("m", {aggregation}));
    EXPECT_EQ(result.aggregate().rows.size(), 1u);
    return result.aggregate().rows.at(0).values.at(0);
  }
};
LUMINATE_FOR_ALL_BACKENDS(Aggregates);

TEST_P(Aggregates, AreEmptyForAMetricNobodyWrote) {
  EXPECT_EQ(ask(aggregate("nobody", {{Kind::count}})), Lines{});
  put(*store, {{"m", 0, 1, {}}});
  EXPECT_EQ(ask(Query::aggregate("m", {{Kind::count}}).between(test::kStart + 1, test::kNow)), Lines{});
}

TEST_P(Aggregates, FollowTheirDefinitions) {
  put(*store,
      {{"m", 0, 4, {{"h", "a"}}}, {"m", 1'000, 2, {{"h", "a"}}}, {"m", 500, 9, {{"h", "b"}}}, {"m", 3'000, -5, {}}});
  EXPECT_EQ(value({Kind::sum}), 10);
  EXPECT_EQ(value({Kind::avg}), 2.5);
  EXPECT_EQ(value({Kind::count}), 4);
  EXPECT_EQ(value({Kind::min}), -5);
  EXPECT_EQ(value({Kind::max}), 9);
  EXPECT_EQ(value({Kind::first}), 4);
  EXPECT_EQ(value({Kind::last}), -5);
  EXPECT_DOUBLE_EQ(value({Kind::stddev}), 5.024937810560445);  // numpy.std([4, 2, 9, -5])
}

TEST_P(Aggregates, InterpolateQuantilesBetweenTheClosestRanks) {
  put(*store, {{"m", 0, 40, {}}, {"m", 1, 10, {{"h", "a"}}}, {"m", 2, 30, {}}, {"m", 3, 20, {{"h", "b"}}}});
  EXPECT_EQ(value(Aggregation::quantile(0)), 10);
  EXPECT_EQ(value(Aggregation::quantile(1)), 40);
  EXPECT_EQ(value(Aggregation::quantile(0.5)), 25);
  EXPECT_EQ(value(Aggregation::quantile(0.25)), 17.5);
  EXPECT_DOUBLE_EQ(value(Aggregation::quantile(0.95)), 38.5);  // numpy.percentile([10, 20, 30, 40], 95)
  EXPECT_DOUBLE_EQ(value(Aggregation::quantile(0.99)), 39.7);
}

TEST_P(Aggregates, OfOneSampleAreThatSample) {
  put(*store, {{"m", 7, 3.25, {}}});
  for (const auto& aggregation :
       {Aggregation{Kind::avg}, {Kind::sum}, {Kind::min}, {Kind::max}, {Kind::first}, {Kind::last}}) {
    EXPECT_EQ(value(aggregation), 3.25);
  }
  EXPECT_EQ(value(Aggregation::quantile(0.7)), 3.25);
  EXPECT_EQ(value({Kind::stddev}), 0);
  EXPECT_EQ(value({Kind::integral}), 0);
}

TEST_P(Aggregates, IntegrateEachSeriesByItself) {
  // a: 4 x 2 s + 1 x 0.5 s; b: 10 x 1 s; the first sample of each adds nothing.
  put(*store, {{"m", 0, 100, {{"h", "a"}}},
               {"m", 2'000, 4, {{"h", "a"}}},
               {"m", 2'500, 1, {{"h", "a"}}},
               {"m", 1'000, 100, {{"h", "b"}}},
               {"m", 2'000, 10, {{"h", "b"}}}});
  EXPECT_EQ(value({Kind::integral}), 18.5);
  EXPECT_EQ(ask(aggregate("m", {{Kind::integral}}).by({"h"})), (Lines{"b: 10 (2)", "a: 8.5 (3)"}));
  // A step belongs to the bucket of its end, and the sample before the range does not count.
  EXPECT_EQ(ask(aggregate("m", {{Kind::integral}}).every(std::chrono::seconds(1))),
            (Lines{"@0 : 0 (1)", "@1000 : 0 (1)", "@2000 : 18.5 (3)"}));
  EXPECT_EQ(ask(Query::aggregate("m", {{Kind::integral}}).between(test::kStart + 1, test::kNow)), Lines{": 10.5 (4)"});
}

TEST_P(Aggregates, BreakTiesOfFirstAndLastByDimensions) {
  // Written in an order that is not that of the dimensions.
  put(*store, {{"m", 5, 3, {{"h", "c"}}},
               {"m", 5, 2, {{"h", "b"}}},
               {"m", 5, 4, {{"z", "a"}}},
               {"m", 5, 7, {{"h", "b"}, {"z", "a"}}}});
  EXPECT_EQ(value({Kind::first}), 2);
  EXPECT_EQ(value({Kind::last}), 2);
  put(*store, {{"m", 5, 1, {}}});
  EXPECT_EQ(value({Kind::first}), 1);
  EXPECT_EQ(value({Kind::last}), 1);
}

TEST_P(Aggregates, GroupByDimensionsAndPutWhatLacksThemUnderTheEmptyText) {
  put(*store, {{"m", 0, 1, {{"h", "a"}, {"r", "eu"}}},
               {"m", 0, 2, {{"h", "b"}, {"r", "eu"}}},
               {"m", 0, 4, {{"h", "a"}, {"r", "us"}}},
               {"m", 0, 8, {{"r", "us"}}},
               {"m", 0, 16, {{"h", "a"}}},
               {"m", 0, 32, {}}});
  EXPECT_EQ(ask(aggregate("m", {{Kind::sum}}).by({"h"})), (Lines{": 40 (2)", "a: 21 (3)", "b: 2 (1)"}));
  EXPECT_EQ(ask(aggregate("m", {{Kind::sum}}).by({"r", "h"})),
            (Lines{",: 32 (1)", ",a: 16 (1)", "us,: 8 (1)", "us,a: 4 (1)", "eu,b: 2 (1)", "eu,a: 1 (1)"}));
  EXPECT_EQ(ask(aggregate("m", {{Kind::sum}}).by({"absent"})), Lines{": 63 (6)"});
}

TEST_P(Aggregates, ComeByValueThenByGroup) {
  put(*store,
      {{"m", 0, 1, {{"h", "d"}}}, {"m", 0, 2, {{"h", "c"}}}, {"m", 0, 2, {{"h", "b"}}}, {"m", 0, 3, {{"h", "a"}}}});
  Query query = aggregate("m", {{Kind::sum}}).by({"h"});
  EXPECT_EQ(ask(query), (Lines{"a: 3 (1)", "b: 2 (1)", "c: 2 (1)", "d: 1 (1)"}));
  EXPECT_EQ(ask(query.top(2)), (Lines{"a: 3 (1)", "b: 2 (1)"}));
  query.ascending = true;
  EXPECT_EQ(ask(query), (Lines{"d: 1 (1)", "b: 2 (1)"}));
  EXPECT_EQ(ask(query.top(100)), (Lines{"d: 1 (1)", "b: 2 (1)", "c: 2 (1)", "a: 3 (1)"}));
}

TEST_P(Aggregates, FallIntoBucketsThatBeginAtMultiplesOfTheInterval) {
  put(*store, {{"m", 0, 1, {}}, {"m", 59'999, 2, {}}, {"m", 60'000, 4, {}}, {"m", 180'001, 8, {}}});
  const Query query = aggregate("m", {{Kind::sum}, {Kind::last}}).every(std::chrono::minutes(1));
  EXPECT_EQ(ask(query), (Lines{"@0 : 3 2 (2)", "@60000 : 4 4 (1)", "@180000 : 8 8 (1)"}));
  // The range begins within a bucket, which keeps its start.
  Query late = query;
  EXPECT_EQ(ask(late.between(test::kStart + 30'000, test::kStart + 180'001)),
            (Lines{"@0 : 2 2 (1)", "@60000 : 4 4 (1)"}));
}

TEST_P(Aggregates, WithAnIntervalTakeTheTopGroupsOfTheWholeRange) {
  put(*store, {{"m", 0, 10, {{"h", "a"}}},
               {"m", 60'000, 1, {{"h", "a"}}},
               {"m", 0, 6, {{"h", "b"}}},
               {"m", 60'000, 6, {{"h", "b"}}},
               {"m", 60'000, 2, {{"h", "c"}}}});
  Query query = aggregate("m", {{Kind::sum}}).by({"h"}).every(std::chrono::minutes(1));
  EXPECT_EQ(ask(query),
            (Lines{"@0 a: 10 (1)", "@0 b: 6 (1)", "@60000 a: 1 (1)", "@60000 b: 6 (1)", "@60000 c: 2 (1)"}));
  EXPECT_EQ(ask(query.top(1)), (Lines{"@0 b: 6 (1)", "@60000 b: 6 (1)"}));
  query.ascending = true;
  EXPECT_EQ(ask(query), Lines{"@60000 c: 2 (1)"});
}

TEST_P(Aggregates, MayBeSeveralAndTheFirstOneOrders) {
  put(*store, {{"m", 0, 1, {{"h", "a"}}}, {"m", 1, 9, {{"h", "a"}}}, {"m", 0, 6, {{"h", "b"}}}});
  EXPECT_EQ(ask(aggregate("m", {{Kind::avg}, {Kind::max}, Aggregation::quantile(0.5), {Kind::count}}).by({"h"})),
            (Lines{"b: 6 6 6 1 (1)", "a: 5 9 5 2 (2)"}));
  EXPECT_EQ(ask(aggregate("m", {{Kind::max}, {Kind::avg}}).by({"h"})), (Lines{"a: 9 5 (2)", "b: 6 6 (1)"}));
}

TEST_P(Aggregates, CountEverySampleOnce) {
  for (int i = 0; i < 3; ++i) put(*store, {{"m", 0, 1.0 + i, {}}, {"m", 1, 1, {}}});
  const Result result = store->query(aggregate("m", {{Kind::sum}}));
  EXPECT_EQ(test::lines(result), Lines{": 4 (2)"});
  EXPECT_EQ(result.points_scanned, 2u);
}

TEST_P(Aggregates, TakeTheRangeHalfOpen) {
  put(*store, {{"m", 10, 1, {}}, {"m", 20, 2, {}}, {"m", 30, 4, {}}});
  const auto sum = [&](std::int64_t from, std::int64_t to) {
    return ask(Query::aggregate("m", {{Kind::sum}}).between(test::kStart + from, test::kStart + to));
  };
  EXPECT_EQ(sum(10, 30), Lines{": 3 (2)"});
  EXPECT_EQ(sum(10, 31), Lines{": 7 (3)"});
  EXPECT_EQ(sum(11, 30), Lines{": 2 (1)"});
  EXPECT_EQ(sum(20, 21), Lines{": 2 (1)"});
  EXPECT_EQ(sum(21, 30), Lines{});
}

TEST_P(Aggregates, OfTheLastWhileIncludeTheCurrentMillisecond) {
  put(*store,
      {{"m", 3'600'000 - 10, 1, {}}, {"m", 3'600'000 - 9, 2, {}}, {"m", 3'600'000, 4, {}}, {"m", 3'600'001, 8, {}}});
  EXPECT_EQ(ask(Query::aggregate("m", {{Kind::sum}}).last(std::chrono::milliseconds(10))), Lines{": 6 (2)"});
}

TEST_P(Aggregates, WorkBeforeTheEpoch) {
  store->close();
  open(test::timeless_options());
  put(*store, {{"m", -test::kStart - 61'000, 1, {}},
               {"m", -test::kStart - 60'000, 2, {}},
               {"m", -test::kStart - 1, 4, {}},
               {"m", -test::kStart, 8, {}}});
  const Query query = Query::aggregate("m", {{Kind::sum}}).between(-100'000, 1).every(std::chrono::minutes(1));
  EXPECT_EQ(test::lines(store->query(query), 0), (Lines{"@-120000 : 1 (1)", "@-60000 : 6 (2)", "@0 : 8 (1)"}));
  EXPECT_EQ(test::lines(store->query(Query::range("m").between(-60'000, 0)), 0), (Lines{"@-60000 {} 2", "@-1 {} 4"}));
}

}  // namespace
}  // namespace luminate::conformance
