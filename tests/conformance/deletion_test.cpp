#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::error_of;
using test::Lines;
using test::put;

class Deletions : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    open();
    put(*store, {{"m", 0, 1, {{"h", "a"}}}, {"m", 10, 2, {{"h", "a"}}}, {"m", 10, 3, {{"h", "b"}}}, {"m", 20, 4, {}}});
    put(*store, {{"m", 10, 5, {{"h", "a"}}}, {"other", 10, 6, {{"h", "a"}}}});
  }
  static TimeRange between(std::int64_t from, std::int64_t to) { return {test::kStart + from, test::kStart + to}; }
  static std::vector<Filter> host(const std::string& value) { return {{"h", Filter::Kind::any_of, {value}}}; }
};
LUMINATE_FOR_ALL_BACKENDS(Deletions);

TEST_P(Deletions, CountEachSampleOnceHoweverOftenItWasWritten) {
  EXPECT_EQ(store->remove({.metric = "m"}), 4u);
  EXPECT_EQ(store->remove({.metric = "m"}), 0u);
  EXPECT_EQ(store->remove({.metric = "nobody"}), 0u);
  EXPECT_EQ(samples("m"), Lines{});
  EXPECT_EQ(samples("other"), Lines{"@10 {h=a} 6"});
}

TEST_P(Deletions, TakeTheRangeHalfOpen) {
  EXPECT_EQ(store->remove({.metric = "m", .time_range = between(1, 10)}), 0u);
  EXPECT_EQ(store->remove({.metric = "m", .time_range = between(10, 20)}), 2u);
  EXPECT_EQ(samples("m"), (Lines{"@0 {h=a} 1", "@20 {} 4"}));
  reopen();
  EXPECT_EQ(samples("m"), (Lines{"@0 {h=a} 1", "@20 {} 4"}));
}

TEST_P(Deletions, NeverBringAnOverwrittenValueBack) {
  EXPECT_EQ(store->remove({.metric = "m", .time_range = between(10, 11), .filters = host("a")}), 1u);
  EXPECT_EQ(samples("m"), (Lines{"@0 {h=a} 1", "@10 {h=b} 3", "@20 {} 4"}));
}

TEST_P(Deletions, FollowTheFilters) {
  EXPECT_EQ(store->remove({.metric = "m", .filters = host("nobody")}), 0u);
  EXPECT_EQ(store->remove({.metric = "m", .filters = {{"h", Filter::Kind::is_not, {"a"}}}}), 2u);
  EXPECT_EQ(samples("m"), (Lines{"@0 {h=a} 1", "@10 {h=a} 5"}));
  EXPECT_EQ(store->remove({.metric = "m", .filters = {{"h", Filter::Kind::matches, {"[ab]"}}}}), 2u);
  EXPECT_EQ(store->metrics(), Lines{"other"});
}

TEST_P(Deletions, OnTrialOnlyCount) {
  EXPECT_EQ(store->remove({.metric = "m", .filters = host("a"), .dry_run = true}), 2u);
  EXPECT_EQ(store->remove({.metric = "m", .time_range = between(0, 10), .dry_run = true}), 1u);
  EXPECT_EQ(samples("m").size(), 4u);
}

TEST_P(Deletions, ForgetSeriesWithoutSamples) {
  EXPECT_EQ(store->remove({.metric = "m", .time_range = between(0, 10)}), 1u);
  EXPECT_EQ(store->series_count("m"), 3u);
  EXPECT_EQ(store->remove({.metric = "m", .filters = host("a")}), 1u);
  EXPECT_EQ(store->series_count("m"), 2u);
  EXPECT_EQ(store->dimension_values("m", "h"), Lines{"b"});
  EXPECT_EQ(store->remove({.metric = "m", .filters = host("b")}), 1u);
  EXPECT_EQ(store->dimension_keys("m"), Lines{});
  EXPECT_EQ(store->metrics(), (Lines{"m", "other"}));
  reopen();
  EXPECT_EQ(store->series_count("m"), 1u);
}

TEST_P(Deletions, MakeAMetricVanishWithItsLastSeries) {
  EXPECT_EQ(store->remove({.metric = "m"}), 4u);
  EXPECT_EQ(store->metrics(), Lines{"other"});
  EXPECT_EQ(store->series_count(), 1u);
  EXPECT_EQ(store->dimension_keys("m"), Lines{});
  reopen();
  EXPECT_EQ(store->metrics(), Lines{"other"});
}

TEST_P(Deletions, LeaveRoomForANewBeginning) {
  for (int round = 0; round < 3; ++round) {
    store->remove({.metric = "m"});
    if (round == 1) reopen();
    put(*store, {{"m", 10, 7, {{"h", "a"}}}, {"m", 11, 8, {{"h", "new"}}}});
    EXPECT_EQ(samples("m"), (Lines{"@10 {h=a} 7", "@11 {h=new} 8"}));
    EXPECT_EQ(store->series_count("m"), 2u);
  }
  store->remove({.metric = "m", .filters = host("new")});
  put(*store, {{"m", 12, 9, {{"h", "newer"}}}});
  reopen();
  EXPECT_EQ(samples("m"), (Lines{"@10 {h=a} 7", "@12 {h=newer} 9"}));
  EXPECT_EQ(samples("other"), Lines{"@10 {h=a} 6"});
}

TEST_P(Deletions, AreCheckedFirst) {
  EXPECT_EQ(error_of([&] { store->remove({.metric = "m", .time_range = between(5, 5)}); }), "INVALID_QUERY timeRange");
  EXPECT_EQ(error_of([&] { store->remove({.metric = "m", .time_range = between(5, 4)}); }), "INVALID_QUERY timeRange");
  EXPECT_EQ(error_of([&] {
              store->remove({.metric = "m", .filters = {{"h", Filter::Kind::matches, {"("}}}});
            }),
            "INVALID_QUERY filters.h");
  EXPECT_EQ(samples("m").size(), 4u);
}

TEST_P(Deletions, ReachSamplesOfAnyAge) {
  store->close();
  open(test::timeless_options());
  put(*store, {{"old", -50LL * 365 * 86'400'000, 1, {}}, {"old", 50LL * 365 * 86'400'000, 1, {}}});
  EXPECT_EQ(store->remove({.metric = "old"}), 2u);
  EXPECT_EQ(store->series_count("old"), 0u);
}

}  // namespace
}  // namespace luminate::conformance
