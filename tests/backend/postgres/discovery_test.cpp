#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using test::Lines;

class PostgresDiscovery : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema.emplace();
    store = Store::open(schema->url(), test::test_options());
  }

  std::optional<test::PostgresSchema> schema;
  std::optional<Store> store;
};

std::string numbered(const std::string& name, int number) {
  const std::string digits = std::to_string(number);
  return name + std::string(5 - digits.size(), '0') + digits;
}

TEST_F(PostgresDiscovery, FindsNothingByTextsThatPostgresqlCannotHold) {
  test::put(*store, {{"m", 0, 1, {{"k", "v"}}}});
  for (const std::string& bad : {std::string("m\0", 2), std::string("\xFF"), std::string("m\xC3")}) {
    EXPECT_EQ(store->metrics({.prefix = bad}), Lines{});
    EXPECT_EQ(store->dimension_keys(bad), Lines{});
    EXPECT_EQ(store->dimension_keys("m", {.prefix = bad}), Lines{});
    EXPECT_EQ(store->dimension_values(bad, "k"), Lines{});
    EXPECT_EQ(store->dimension_values("m", bad), Lines{});
    EXPECT_EQ(store->dimension_values("m", "k", {.prefix = bad}), Lines{});
    EXPECT_EQ(store->series_count(bad), 0u);
    EXPECT_EQ(store->cardinality({.metric = bad}).metrics.size(), 0u);
    EXPECT_EQ(store->cardinality({.metric = bad}).series_count, 1u);
  }
}

TEST_F(PostgresDiscovery, TakesPrefixesByTheByteAndLiterally) {
  test::put(*store, {{"m", 0, 1, {{"k", "a%"}}},
                     {"m", 0, 1, {{"k", "a_"}}},
                     {"m", 0, 1, {{"k", "A"}}},
                     {"m", 0, 1, {{"k", "a\\"}}},
                     {"m", 0, 1, {{"k", "\xC3\xA4"}}},
                     {"m", 0, 1, {{"k", "\xC3\xB6"}}},
                     {"m", 0, 1, {{"k", "' OR 1=1 --"}}}});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "a"}), (Lines{"a%", "a\\", "a_"}));
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "a%"}), Lines{"a%"});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "%"}), Lines{});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "\xC3\xA4"}), Lines{"\xC3\xA4"});
  EXPECT_EQ(store->dimension_values("m", "k", {.prefix = "'"}), Lines{"' OR 1=1 --"});
  EXPECT_EQ(store->dimension_values("m", "' OR 1=1 --"), Lines{});
}

TEST_F(PostgresDiscovery, FindsEveryKeyHoweverTheyAreSpread) {
  Lines keys;
  Batch batch;
  for (int i = 0; i < 9'000; ++i) {
    keys.push_back(numbered("k", i));
    batch.add({"m", test::kStart, 1, {{keys.back(), "v"}, {"all", "v"}}});
  }
  ASSERT_EQ(store->write(batch).accepted, 9'000u);
  keys.insert(keys.begin(), "all");
  EXPECT_EQ(store->dimension_keys("m", {.limit = 10'000}), keys);
  EXPECT_EQ(store->dimension_keys("m", {.prefix = "k0899"}), Lines(keys.end() - 10, keys.end()));
  test::put(*store, {{"few", 0, 1, {{"a", "x"}}}, {"few", 0, 1, {{"a", "x"}, {"b", "x"}}}});
  EXPECT_EQ(store->dimension_keys("few"), (Lines{"a", "b"}));
}

TEST_F(PostgresDiscovery, FindsMetricsOfWhichFewSeriesHaveSamplesInTheRange) {
  Batch batch;
  for (const std::string metric : {"a_many", "c_many", "d_never"}) {
    for (int i = 0; i < 500; ++i) batch.add({metric, test::kStart, 1, {{"k", numbered("v", i)}}});
  }
  ASSERT_EQ(store->write(batch).rejected, 0u);
  test::put(*store, {{"b_one", 5'000, 1, {}},
                     {"a_many", 5'000, 1, {{"k", numbered("v", 123)}}},
                     {"c_many", 5'000, 1, {{"k", numbered("v", 499)}}}});
  const TimeRange later{test::kStart + 1, test::kStart + 6'000};
  EXPECT_EQ(store->metrics({.time_range = later}), (Lines{"a_many", "b_one", "c_many"}));
  EXPECT_EQ(store->metrics({.limit = 1, .time_range = later}), Lines{"a_many"});
  EXPECT_EQ(store->metrics({.limit = 2, .time_range = later}), (Lines{"a_many", "b_one"}));
  EXPECT_EQ(store->metrics({.prefix = "c", .time_range = later}), Lines{"c_many"});
  EXPECT_EQ(store->metrics({.prefix = "d", .time_range = later}), Lines{});
  EXPECT_EQ(store->dimension_values("c_many", "k", {.time_range = later}), Lines{numbered("v", 499)});
  EXPECT_EQ(store->dimension_keys("d_never", {.time_range = later}), Lines{});
}

TEST_F(PostgresDiscovery, TakesRangesWithoutEnds) {
  test::put(*store, {{"m", 0, 1, {{"k", "v"}}}});
  const TimeRange all{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  EXPECT_EQ(store->metrics({.time_range = all}), Lines{"m"});
  EXPECT_EQ(store->dimension_values("m", "k", {.time_range = all}), Lines{"v"});
  EXPECT_EQ(store->metrics({.time_range = TimeRange{all.end_ms, all.start_ms}}), Lines{});
}

TEST_F(PostgresDiscovery, ListsTenantsThatHaveData) {
  EXPECT_EQ(store->tenants(), Lines{});
  Lines names;
  for (int i = 0; i < 30; ++i) {
    names.push_back(numbered("t", i));
    Store tenant = store->tenant(names.back());
    test::put(tenant, {{"m", 0, 1, {}}, {"n", 0, 1, {}}});
  }
  EXPECT_EQ(store->tenants(), names);
  test::put(*store, {{"m", 0, 1, {}}});
  names.insert(names.begin(), "");
  EXPECT_EQ(store->tenants(), names);
}

}  // namespace
}  // namespace luminate::postgres
