#include "sqlite/segment_builder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace luminate::sqlite {
namespace {

SegmentColumns runs_of(std::uint32_t count, std::size_t runs) {
  SegmentColumns columns;
  for (std::size_t run = 0; run < runs; ++run) {
    columns.runs.push_back({.series = 1 + run, .count = count});
    for (std::uint32_t i = 0; i < count; ++i) {
      columns.timestamps.push_back(1000 * i + static_cast<std::int64_t>(run));
      columns.values.push_back(static_cast<double>(i) + static_cast<double>(run) / 10);
    }
  }
  return columns;
}

std::vector<codec::RunStatistics> statistics_of(const SegmentColumns& columns) {
  const NewSegment segment = encode(7, columns);
  return codec::SegmentReader(std::as_bytes(std::span(segment.data))).statistics();
}

TEST(SegmentBuilder, StoresStatisticsFromSixtyFourSamplesARunOn) {
  EXPECT_EQ(statistics_of(runs_of(63, 3)).size(), 0U);
  EXPECT_EQ(statistics_of(runs_of(64, 3)).size(), 3U);
}

TEST(SegmentBuilder, SaysOfEachRunWhatItsSamplesAmountTo) {
  const auto statistics = statistics_of(runs_of(80, 2));
  ASSERT_EQ(statistics.size(), 2U);
  EXPECT_EQ(statistics[1].sum, 3168);
  EXPECT_EQ(statistics[1].minimum, 0.1);
  EXPECT_EQ(statistics[1].maximum, 79.1);
  EXPECT_EQ(statistics[1].first, 0.1);
  EXPECT_EQ(statistics[1].last, 79.1);
  EXPECT_EQ(statistics[1].first_timestamp, 1);
  EXPECT_EQ(statistics[1].last_timestamp, 79'001);
}

TEST(SegmentBuilder, RoundsSumsOnce) {
  SegmentColumns columns = runs_of(80, 1);
  for (std::size_t i = 0; i < 80; ++i) columns.values[i] = i % 2 == 0 ? 1e16 : -1e16;
  columns.values[7] = 1;
  columns.values[8] = 0.25;
  EXPECT_EQ(statistics_of(columns)[0].sum, 1.25);
  for (double& value : columns.values) value = 0.1;
  EXPECT_EQ(statistics_of(columns)[0].sum, 8);
}

TEST(SegmentBuilder, LetsSumsThatNoDoubleHoldsBeInfinite) {
  SegmentColumns columns = runs_of(80, 1);
  for (double& value : columns.values) value = std::numeric_limits<double>::max();
  EXPECT_EQ(statistics_of(columns)[0].sum, std::numeric_limits<double>::infinity());
  EXPECT_EQ(statistics_of(columns)[0].minimum, std::numeric_limits<double>::max());
}

TEST(SegmentBuilder, KeepsTheSignOfZero) {
  SegmentColumns columns = runs_of(80, 1);
  for (double& value : columns.values) value = -0.0;
  EXPECT_TRUE(std::signbit(statistics_of(columns)[0].minimum));
  EXPECT_TRUE(std::signbit(statistics_of(columns)[0].maximum));
  EXPECT_TRUE(std::signbit(statistics_of(columns)[0].first));
}

}  // namespace
}  // namespace luminate::sqlite
