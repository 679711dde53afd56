#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;

class Rates : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) open();
  }
};
LUMINATE_FOR_ALL_BACKENDS(Rates);

TEST_P(Rates, DivideTheIncreaseOfABucketByItsLength) {
  put(*store, {{"n", 0, 100, {}},
               {"n", 30'000, 106, {}},
               {"n", 59'999, 112, {}},
               {"n", 60'000, 115, {}},
               {"n", 240'000, 121, {}}});
  // One minute unless told otherwise. A pair belongs to the bucket of its later sample; empty buckets are left out.
  EXPECT_EQ(ask(rate("n")), (Lines{"@0 : 0.2", "@60000 : 0.05", "@240000 : 0.1"}));
  EXPECT_EQ(ask(rate("n").every(std::chrono::seconds(30))), (Lines{"@30000 : 0.4", "@60000 : 0.1", "@240000 : 0.2"}));
}

TEST_P(Rates, TakeAFallForAReset) {
  put(*store, {{"n", 0, 100, {}}, {"n", 10'000, 160, {}}, {"n", 20'000, 30, {}}, {"n", 30'000, 30, {}}});
  EXPECT_EQ(ask(rate("n")), Lines{"@0 : 1.5"});
}

TEST_P(Rates, ShowBucketsWhereNothingIncreased) {
  put(*store, {{"n", 0, 5, {}}, {"n", 10'000, 5, {}}});
  EXPECT_EQ(ask(rate("n")), Lines{"@0 : 0"});
}

TEST_P(Rates, NeedTwoSamplesInTheRange) {
  put(*store, {{"n", 0, 5, {}}, {"n", 10'000, 65, {}}});
  EXPECT_EQ(ask(Query::rate("n").between(test::kStart + 1, test::kNow)), Lines{});
  EXPECT_EQ(ask(Query::rate("n").between(test::kStart, test::kStart + 10'000)), Lines{});
  EXPECT_EQ(ask(Query::rate("n").between(test::kStart, test::kStart + 10'001)), Lines{"@0 : 1"});
  EXPECT_EQ(ask(rate("nobody")), Lines{});
}

TEST_P(Rates, AreSummedOverTheSeriesOfAGroup) {
  put(*store, {{"n", 0, 1'000, {{"h", "a"}, {"r", "eu"}}},
               {"n", 10'000, 1'060, {{"h", "a"}, {"r", "eu"}}},
               {"n", 5'000, 10, {{"h", "b"}, {"r", "eu"}}},
               {"n", 15'000, 40, {{"h", "b"}, {"r", "eu"}}},
               {"n", 0, 0, {{"h", "c"}}},
               {"n", 60'000, 120, {{"h", "c"}}}});
  EXPECT_EQ(ask(rate("n")), (Lines{"@0 : 1.5", "@60000 : 2"}));
  EXPECT_EQ(ask(rate("n").by({"r"})), (Lines{"@0 eu: 1.5", "@60000 : 2"}));
  EXPECT_EQ(ask(rate("n").by({"h"})), (Lines{"@0 a: 1", "@0 b: 0.5", "@60000 c: 2"}));
}

TEST_P(Rates, ReadLateAndCorrectedSamplesInTheOrderOfTime) {
  put(*store, {{"n", 20'000, 60, {}}, {"n", 0, 0, {}}});
  put(*store, {{"n", 10'000, 1'000, {}}});
  put(*store, {{"n", 10'000, 30, {}}});
  EXPECT_EQ(ask(rate("n")), Lines{"@0 : 1"});
}

TEST_P(Rates, MayBeLimitedToTheTopGroups) {
  put(*store, {{"n", 0, 0, {{"h", "a"}}},
               {"n", 1'000, 60, {{"h", "a"}}},
               {"n", 0, 0, {{"h", "b"}}},
               {"n", 60'000, 120, {{"h", "b"}}},
               {"n", 0, 0, {{"h", "c"}}},
               {"n", 60'000, 6, {{"h", "c"}}}});
  EXPECT_EQ(ask(rate("n").by({"h"}).top(2)), (Lines{"@0 a: 1", "@60000 b: 2"}));
  EXPECT_EQ(ask(rate("n").by({"h"}).top(1)), Lines{"@60000 b: 2"});
}

}  // namespace
}  // namespace luminate::conformance
