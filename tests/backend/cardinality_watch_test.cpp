#include "backend/cardinality_watch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace luminate::backend {
namespace {

using Growth = CardinalityWatch::Growth;

TEST(CardinalityWatch, NamesSoManyAndThenSaysThatThereAreMore) {
  std::vector<std::string> lines;
  CardinalityWatch watch({.max_series_per_metric = 10, .max_metrics = 10},
                         [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  const auto grow = [&](std::size_t tenant, std::uint64_t before, std::uint64_t after) {
    watch.note(std::vector<Growth>{{"t" + std::to_string(tenant), "m", before, after}});
  };
  for (std::size_t i = 0; i < CardinalityWatch::kMostTold; ++i) grow(i, 0, 8);
  EXPECT_EQ(lines.size(), CardinalityWatch::kMostTold);
  grow(CardinalityWatch::kMostTold, 0, 8);
  ASSERT_EQ(lines.size(), CardinalityWatch::kMostTold + 1);
  EXPECT_EQ(lines.back(), "more than 10000 metrics and tenants are near their cardinality limits; no more are named");
  grow(CardinalityWatch::kMostTold + 1, 0, 8);
  EXPECT_EQ(lines.size(), CardinalityWatch::kMostTold + 1);
  grow(0, 2, 3);  // Makes room.
  grow(CardinalityWatch::kMostTold, 8, 9);
  EXPECT_EQ(lines.size(), CardinalityWatch::kMostTold + 2);
}

TEST(CardinalityWatch, HasNothingToDoFarFromTheLimits) {
  const auto ignore = [](LogLevel, std::string_view) {};
  CardinalityWatch watch({.max_series_per_metric = 1'000'000, .max_metrics = 10}, ignore);
  EXPECT_FALSE(watch.concerns_series(799'999));
  EXPECT_TRUE(watch.concerns_series(800'000));
  EXPECT_FALSE(watch.concerns_metrics(7));
  EXPECT_TRUE(watch.concerns_metrics(8));
  watch.note(std::vector<Growth>{{"", "m", 0, 900'000}});
  EXPECT_TRUE(watch.concerns_series(1)) << "it may be the metric that was told";
  EXPECT_FALSE(CardinalityWatch({.max_series_per_metric = 1}, {}).concerns_series(1)) << "nobody listens";
}

TEST(CardinalityWatch, EscapesWhatTenantsAreCalled) {
  std::string told;
  CardinalityWatch watch({.max_series_per_metric = 1}, [&](LogLevel, std::string_view line) { told = line; });
  watch.note(std::vector<Growth>{{"a\nb", "m", 0, 1}});
  EXPECT_NE(told.find("\\x0a"), std::string::npos) << told;
  EXPECT_EQ(told.find('\n'), std::string::npos);
}

TEST(CardinalityWatch, TellsOnceHoweverManyThreadsSeeIt) {
  std::atomic<int> lines = 0;
  CardinalityWatch watch({.max_series_per_metric = 10}, [&](LogLevel, std::string_view) { ++lines; });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) watch.note(std::vector<Growth>{{"t", "m", 8, 9}});
      });
    }
  }
  EXPECT_EQ(lines, 1);
}

}  // namespace
}  // namespace luminate::backend
