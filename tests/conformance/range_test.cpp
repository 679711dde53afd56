#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;

class Ranges : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) open();
  }
};
LUMINATE_FOR_ALL_BACKENDS(Ranges);

TEST_P(Ranges, ComeByTimeThenByDimensions) {
  put(*store, {{"m", 2, 1, {{"h", "b"}}},
               {"m", 1, 2, {{"h", "c"}}},
               {"m", 2, 3, {{"h", "a"}}},
               {"m", 2, 4, {}},
               {"m", 2, 5, {{"h", "a"}, {"z", "a"}}},
               {"m", 2, 6, {{"g", "z"}}},
               {"m", 2, 7, {{"h", "ab"}}}});
  EXPECT_EQ(ask(range("m")), (Lines{"@1 {h=c} 2", "@2 {} 4", "@2 {g=z} 6", "@2 {h=a} 3", "@2 {h=a,z=a} 5",
                                    "@2 {h=ab} 7", "@2 {h=b} 1"}));
}

TEST_P(Ranges, CompareDimensionsAsBytes) {
  put(*store, {{"m", 0, 1, {{"h", "\xC3\xA9"}}}, {"m", 0, 2, {{"h", "z"}}}, {"m", 0, 3, {{"h", "Z"}}}});
  EXPECT_EQ(ask(range("m")), (Lines{"@0 {h=Z} 3", "@0 {h=z} 2", "@0 {h=\xC3\xA9} 1"}));
}

TEST_P(Ranges, AreHalfOpen) {
  put(*store, {{"m", 10, 1, {}}, {"m", 20, 2, {}}, {"m", 30, 3, {}}});
  const auto between = [&](std::int64_t from, std::int64_t to) {
    return ask(Query::range("m").between(test::kStart + from, test::kStart + to)).size();
  };
  EXPECT_EQ(between(10, 30), 2u);
  EXPECT_EQ(between(10, 31), 3u);
  EXPECT_EQ(between(11, 30), 1u);
  EXPECT_EQ(between(9, 10), 0u);
  EXPECT_EQ(between(31, 99), 0u);
}

TEST_P(Ranges, AreCutAtTheLimitAndSaySo) {
  put(*store, {{"m", 1, 1, {{"h", "b"}}}, {"m", 1, 2, {{"h", "a"}}}, {"m", 0, 3, {{"h", "c"}}}});
  EXPECT_EQ(ask(range("m").top(3)), (Lines{"@0 {h=c} 3", "@1 {h=a} 2", "@1 {h=b} 1"}));
  EXPECT_EQ(ask(range("m").top(2)), (Lines{"@0 {h=c} 3", "@1 {h=a} 2", "truncated"}));
  const Result result = store->query(range("m").top(1));
  EXPECT_EQ(test::lines(result), (Lines{"@0 {h=c} 3", "truncated"}));
  EXPECT_EQ(result.range().series.size(), 1u);
  EXPECT_EQ(result.points_scanned, 3u);
}

TEST_P(Ranges, AreCutAtTheLimitOfTheStore) {
  Options options = test::test_options();
  options.queries.max_result_points = 2;
  store->close();
  open(options);
  put(*store, {{"m", 0, 1, {}}, {"m", 1, 1, {}}});
  EXPECT_EQ(ask(range("m")), (Lines{"@0 {} 1", "@1 {} 1"}));
  put(*store, {{"m", 2, 1, {}}});
  EXPECT_EQ(ask(range("m")), (Lines{"@0 {} 1", "@1 {} 1", "truncated"}));
  EXPECT_EQ(ask(range("m").top(2)).size(), 3u);
  EXPECT_EQ(test::error_of([&] { (void)ask(range("m").top(3)); }), "INVALID_QUERY limit");
  EXPECT_EQ(test::error_of([&] { (void)ask(range("m").top(0)); }), "INVALID_QUERY limit");
}

TEST_P(Ranges, SeeOneSnapshotWhateverTheyReadAfterwards) {
  put(*store, {{"m", 0, 1, {}}});
  const Result before = store->query(range("m"));
  put(*store, {{"m", 0, 2, {}}});
  EXPECT_EQ(test::lines(before), Lines{"@0 {} 1"});
  EXPECT_EQ(ask(range("m")), Lines{"@0 {} 2"});
}

}  // namespace
}  // namespace luminate::conformance
