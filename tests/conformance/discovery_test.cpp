#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;

class Discovery : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    open();
    put(*store, {{"cpu_user", 0, 1, {{"host", "b"}, {"region", "eu"}}},
                 {"cpu_user", 0, 1, {{"host", "a"}, {"region", "eu"}}},
                 {"cpu_user", 1'000, 1, {{"host", "a"}, {"region", "us"}}},
                 {"cpu_user", 2'000, 1, {{"host", "ab"}}},
                 {"cpu_sys", 5'000, 1, {}},
                 {"Mem", 9'000, 1, {{"zone", "z"}}}});
  }
  static TimeRange between(std::int64_t from, std::int64_t to) { return {test::kStart + from, test::kStart + to}; }
};
LUMINATE_FOR_ALL_BACKENDS(Discovery);

TEST_P(Discovery, SortsMetricNames) {
  EXPECT_EQ(store->metrics(), (Lines{"Mem", "cpu_sys", "cpu_user"}));
  EXPECT_EQ(store->metrics({.prefix = "cpu"}), (Lines{"cpu_sys", "cpu_user"}));
  EXPECT_EQ(store->metrics({.prefix = "cpu_user"}), Lines{"cpu_user"});
  EXPECT_EQ(store->metrics({.prefix = "cpu_user_"}), Lines{});
  EXPECT_EQ(store->metrics({.prefix = "cpu%"}), Lines{});
  EXPECT_EQ(store->metrics({.limit = 2}), (Lines{"Mem", "cpu_sys"}));
  EXPECT_EQ(store->metrics({.prefix = "cpu", .limit = 1}), Lines{"cpu_sys"});
  EXPECT_EQ(store->metrics({.limit = 0}), Lines{});
}

TEST_P(Discovery, SortsDimensionKeys) {
  EXPECT_EQ(store->dimension_keys("cpu_user"), (Lines{"host", "region"}));
  EXPECT_EQ(store->dimension_keys("cpu_user", {.prefix = "r"}), Lines{"region"});
  EXPECT_EQ(store->dimension_keys("cpu_user", {.limit = 1}), Lines{"host"});
  EXPECT_EQ(store->dimension_keys("cpu_sys"), Lines{});
  EXPECT_EQ(store->dimension_keys("nobody"), Lines{});
}

TEST_P(Discovery, OrdersValuesByTheirNumberOfSeriesThenByName) {
  EXPECT_EQ(store->dimension_values("cpu_user", "host"), (Lines{"a", "ab", "b"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "region"), (Lines{"eu", "us"}));
  put(*store, {{"cpu_user", 0, 1, {{"host", "b"}}}, {"cpu_user", 0, 1, {{"host", "b"}, {"x", "y"}}}});
  EXPECT_EQ(store->dimension_values("cpu_user", "host"), (Lines{"b", "a", "ab"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "host", {.prefix = "a"}), (Lines{"a", "ab"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "host", {.limit = 2}), (Lines{"b", "a"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "nokey"), Lines{});
  EXPECT_EQ(store->dimension_values("nobody", "host"), Lines{});
  reopen();
  EXPECT_EQ(store->dimension_values("cpu_user", "host"), (Lines{"b", "a", "ab"}));
}

TEST_P(Discovery, ComparesPrefixesAsBytes) {
  put(*store,
      {{"m", 0, 1, {{"k", "\xC3\xA4pfel"}}}, {"m", 0, 1, {{"k", "\xC3\xB6l"}}}, {"m", 0, 1, {{"k", "\xC4\x8D"}}}});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "\xC3\xA4"}), Lines{"\xC3\xA4pfel"});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "\xC3"}), (Lines{"\xC3\xA4pfel", "\xC3\xB6l"}));
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "\xFF"}), Lines{});
}

TEST_P(Discovery, CountsSeriesNotSamples) {
  for (int i = 0; i < 3; ++i) put(*store, {{"cpu_user", 3'000 + i, 1, {{"host", "ab"}}}});
  EXPECT_EQ(store->dimension_values("cpu_user", "host"), (Lines{"a", "ab", "b"}));
}

TEST_P(Discovery, WithATimeRangeShowsOnlyWhatHasSamplesInIt) {
  reopen();
  EXPECT_EQ(store->metrics({.time_range = between(0, 5'000)}), Lines{"cpu_user"});
  EXPECT_EQ(store->metrics({.time_range = between(0, 5'001)}), (Lines{"cpu_sys", "cpu_user"}));
  EXPECT_EQ(store->metrics({.time_range = between(2'001, 5'000)}), Lines{});
  EXPECT_EQ(store->metrics({.limit = 1, .time_range = between(2'001, 10'000)}), Lines{"Mem"});
  EXPECT_EQ(store->dimension_keys("cpu_user", {.time_range = between(1'000, 1'001)}), (Lines{"host", "region"}));
  EXPECT_EQ(store->dimension_keys("cpu_user", {.time_range = between(1'001, 2'001)}), Lines{"host"});
  EXPECT_EQ(store->dimension_keys("cpu_user", {.time_range = between(3'000, 4'000)}), Lines{});
  EXPECT_EQ(store->dimension_values("cpu_user", "host", {.time_range = between(0, 1'000)}), (Lines{"a", "b"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "host", {.time_range = between(1'000, 3'000)}), (Lines{"a", "ab"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "host", {.time_range = between(0, 2'000)}), (Lines{"a", "b"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "region", {.time_range = between(0, 2'000)}), (Lines{"eu", "us"}));
  EXPECT_EQ(store->dimension_values("cpu_user", "region", {.prefix = "u", .time_range = between(0, 1'000)}), Lines{});
}

TEST_P(Discovery, SeesSamplesOfASeriesOnBothSidesOfARangeAsOutsideIt) {
  put(*store, {{"gap", 0, 1, {{"k", "v"}}}, {"gap", 10, 1, {{"k", "v"}}}, {"gap", 5, 1, {{"k", "w"}}}});
  EXPECT_EQ(store->dimension_values("gap", "k", {.time_range = between(1, 10)}), Lines{"w"});
  EXPECT_EQ(store->metrics({.time_range = between(6, 10)}), Lines{});
}

TEST_P(Discovery, CountsSeries) {
  EXPECT_EQ(store->series_count(), 6u);
  EXPECT_EQ(store->series_count("cpu_user"), 4u);
  EXPECT_EQ(store->series_count("cpu_sys"), 1u);
  EXPECT_EQ(store->series_count("nobody"), 0u);
  EXPECT_EQ(store->series_count(""), 0u);
  reopen();
  EXPECT_EQ(store->series_count(), 6u);
}

}  // namespace
}  // namespace luminate::conformance
