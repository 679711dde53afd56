#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::batch_of;
using test::kNotANumber;
using test::Lines;
using test::put;
using test::text;

class Cardinality : public StoreTest {
 protected:
  static Options limited(std::size_t series, std::size_t metrics) {
    Options options = test::test_options();
    options.cardinality.max_series_per_metric = series;
    options.cardinality.max_metrics = metrics;
    return options;
  }
};
LUMINATE_FOR_ALL_BACKENDS(Cardinality);

TEST_P(Cardinality, OfSeriesStopsAtTheLimitAndKeepsServingThoseThatExist) {
  open(limited(2, 10));
  const auto report = store->write(batch_of({{"cpu", 0, 1, {{"host", "b"}}},
                                             {"cpu", 0, 2, {{"host", "c"}}},
                                             {"cpu", 0, 3, {{"host", "a"}}},
                                             {"cpu", 1, 4, {{"host", "b"}}},
                                             {"cpu", 1, 5, {{"host", "a"}}},
                                             {"mem", 0, 6, {{"host", "a"}}}}));
  // The series that were named first are made; the points of the third one are told by their own index.
  EXPECT_EQ(text(report), "4 accepted, 2: CARDINALITY_EXCEEDED, 4: CARDINALITY_EXCEEDED");
  EXPECT_EQ(report.errors.front().metric, "cpu");
  EXPECT_NE(report.errors.front().message.find('2'), std::string::npos) << report.errors.front().message;
  reopen();
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 2, 7, {{"host", "d"}}}, {"cpu", 2, 8, {{"host", "c"}}}}))),
            "1 accepted, 0: CARDINALITY_EXCEEDED");
  EXPECT_EQ(samples("cpu"), (Lines{"@0 {host=b} 1", "@0 {host=c} 2", "@1 {host=b} 4", "@2 {host=c} 8"}));
  EXPECT_EQ(store->series_count("cpu"), 2u);
}

TEST_P(Cardinality, OfMetricsStopsAtTheLimit) {
  open(limited(10, 2));
  const auto report = store->write(batch_of({{"b", 0, 1, {}},
                                             {"c", 0, 1, {{"host", "x"}}},
                                             {"a", 0, 1, {}},
                                             {"a", 0, 1, {{"host", "x"}}},
                                             {"b", 1, 1, {{"host", "new"}}}}));
  EXPECT_EQ(text(report), "3 accepted, 2: CARDINALITY_EXCEEDED, 3: CARDINALITY_EXCEEDED");
  EXPECT_EQ(report.errors.front().metric, "a");
  EXPECT_EQ(store->metrics(), (Lines{"b", "c"}));
  reopen();
  EXPECT_EQ(text(store->write(batch_of({{"a", 0, 1, {}}, {"b", 2, 1, {}}}))), "1 accepted, 0: CARDINALITY_EXCEEDED");
  EXPECT_EQ(store->metrics(), (Lines{"b", "c"}));
}

TEST_P(Cardinality, ABatchThatIsRefusedWholeLeavesNothing) {
  open(limited(10, 1));
  put(*store, {{"a", 0, 1, {}}});
  EXPECT_EQ(text(store->write(batch_of({{"b", 0, 1, {}}, {"c", 0, 1, {}}}))),
            "0 accepted, 0: CARDINALITY_EXCEEDED, 1: CARDINALITY_EXCEEDED");
  EXPECT_EQ(store->metrics(), Lines{"a"});
  EXPECT_EQ(store->series_count(), 1u);
}

TEST_P(Cardinality, CountsOnlySeriesThatGetAPoint) {
  open(limited(1, 1));
  Batch batch = batch_of(
      {{"cpu", 0, kNotANumber, {{"host", "bad"}}}, {"bad_metric", 0, kNotANumber, {}}, {"cpu", 0, 1, {{"host", "a"}}}});
  EXPECT_EQ(text(store->write(batch)), "1 accepted, 0: INVALID_VALUE, 1: INVALID_VALUE");
  EXPECT_EQ(samples("cpu"), Lines{"@0 {host=a} 1"});
}

TEST_P(Cardinality, ReportsInvalidAndRefusedPointsInTheOrderOfTheBatch) {
  open(limited(1, 10));
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 0, 1, {{"host", "a"}}},
                                        {"cpu", 0, 1, {{"host", "b"}}},
                                        {"cpu", 0, kNotANumber, {{"host", "b"}}},
                                        {"cpu", 1, 1, {{"host", "b"}}},
                                        {"cpu", 0, kNotANumber, {{"host", "a"}}}}))),
            "1 accepted, 1: CARDINALITY_EXCEEDED, 2: INVALID_VALUE, 3: CARDINALITY_EXCEEDED, 4: INVALID_VALUE");
}

TEST_P(Cardinality, IsCountedForEachTenantAlone) {
  open(limited(1, 1));
  Store acme = store->tenant("acme");
  Store zeta = store->tenant("zeta");
  for (Store* each : {&*store, &acme, &zeta}) {
    put(*each, {{"cpu", 0, 1, {{"host", "a"}}}});
    EXPECT_EQ(text(each->write(batch_of({{"cpu", 0, 1, {{"host", "b"}}}, {"mem", 0, 1, {}}}))),
              "0 accepted, 0: CARDINALITY_EXCEEDED, 1: CARDINALITY_EXCEEDED");
  }
}

TEST_P(Cardinality, OfDimensionsLeavesTheTenantOut) {
  open();
  Store acme = store->tenant("acme");
  Dimensions twenty;
  for (int i = 0; i < 20; ++i) twenty["k" + std::to_string(i)] = "v";
  put(acme, {{"cpu", 0, 1, twenty}});
}

TEST_P(Cardinality, DeletionMakesRoom) {
  open(limited(1, 1));
  put(*store, {{"cpu", 0, 1, {{"host", "a"}}}});
  EXPECT_EQ(store->remove({.metric = "cpu"}), 1u);
  put(*store, {{"mem", 0, 1, {{"host", "b"}}}});
  EXPECT_EQ(store->metrics(), Lines{"mem"});
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 0, 1, {}}}))), "0 accepted, 0: CARDINALITY_EXCEEDED");
}

}  // namespace
}  // namespace luminate::conformance
