#include "sqlite/read_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace luminate::sqlite {
namespace {

SegmentInfo segment(SeriesId first, SeriesId last, std::int64_t from, std::int64_t until, std::int64_t samples = 1000) {
  SegmentInfo info;
  info.min_series = first;
  info.max_series = last;
  info.min_timestamp = from;
  info.max_timestamp = until;
  info.samples = samples;
  return info;
}

using Together = std::set<std::vector<std::uint32_t>>;

std::vector<ReadUnit> units_of(const std::vector<ReadTask>& tasks) {
  std::vector<ReadUnit> units;
  for (const ReadTask& task : tasks) units.insert(units.end(), task.begin(), task.end());
  return units;
}

/// Which segments are read together.
Together together(const std::vector<SegmentInfo>& segments, bool whole_series = false) {
  Together sets;
  for (const ReadUnit& unit : units_of(plan_reads(segments, whole_series))) sets.insert(unit.segments);
  return sets;
}

bool meet(const SegmentInfo& a, const SegmentInfo& b) {
  return a.min_series <= b.max_series && b.min_series <= a.max_series && a.min_timestamp <= b.max_timestamp &&
         b.min_timestamp <= a.max_timestamp;
}

std::vector<SegmentInfo> random_segments(std::mt19937& random, std::int64_t most_samples) {
  std::vector<SegmentInfo> segments(random() % 40);
  for (SegmentInfo& info : segments) {
    const SeriesId first = 1 + static_cast<SeriesId>(random() % 100);
    const auto from = static_cast<std::int64_t>(random() % 100);
    info = segment(first, first + static_cast<SeriesId>(random() % 20), from,
                   from + static_cast<std::int64_t>(random() % 10),
                   1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most_samples)));
  }
  return segments;
}

TEST(ReadPlan, OfNothingIsEmpty) {
  EXPECT_TRUE(plan_reads({}, false).empty());
  EXPECT_TRUE(plan_reads({}, true).empty());
}

TEST(ReadPlan, KeepsApartWhatIsApartInSeriesOrInTime) {
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(11, 20, 0, 9)}), (Together{{0}, {1}}));
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(1, 10, 10, 19)}), (Together{{0}, {1}}));
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(10, 20, 9, 19)}), (Together{{0, 1}}));
}

TEST(ReadPlan, ReadsTogetherWhatAThirdSegmentJoins) {
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(11, 20, 0, 9), segment(10, 11, 5, 5)}), (Together{{0, 1, 2}}));
}

TEST(ReadPlan, ListsTheSegmentsOfAUnitFromTheOldestOn) {
  EXPECT_EQ(together({segment(1, 10, 8, 9), segment(1, 10, 0, 9), segment(1, 10, 4, 5)}), (Together{{0, 1, 2}}));
}

TEST(ReadPlan, PutsSmallUnitsIntoOneTaskAndLargeOnesIntoTheirOwn) {
  std::vector<SegmentInfo> segments;
  for (SeriesId i = 1; i <= 100; ++i) segments.push_back(segment(i, i, 0, 9, 10));
  EXPECT_EQ(plan_reads(segments, false).size(), 1u);
  for (SegmentInfo& info : segments) info.samples = 300'000;
  EXPECT_EQ(plan_reads(segments, false).size(), 100u);
}

TEST(ReadPlan, HasEverySegmentOnceAndThoseThatMeetInOneUnit) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const auto segments = random_segments(random, 1000);
    std::map<std::uint32_t, std::size_t> unit_of;
    const auto units = units_of(plan_reads(segments, false));
    for (std::size_t unit = 0; unit < units.size(); ++unit) {
      for (const std::uint32_t i : units[unit].segments) {
        EXPECT_TRUE(unit_of.emplace(i, unit).second) << "segment " << i << " is read twice";
        EXPECT_GE(segments[i].min_series, units[unit].first_series);
        EXPECT_LE(segments[i].max_series, units[unit].last_series);
      }
    }
    ASSERT_EQ(unit_of.size(), segments.size());
    for (std::uint32_t a = 0; a < segments.size(); ++a) {
      for (std::uint32_t b = 0; b < a; ++b) {
        if (meet(segments[a], segments[b])) {
          EXPECT_EQ(unit_of[a], unit_of[b]);
        }
      }
    }
  }
}

TEST(ReadPlan, OfWholeSeriesHasEachSeriesInOneUnitWithAllItsSegments) {
  std::mt19937 random(8);
  for (int round = 0; round < 500; ++round) {
    const auto segments = random_segments(random, 600'000);
    const auto units = units_of(plan_reads(segments, true));
    for (SeriesId series = 1; series < 130; ++series) {
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < segments.size(); ++i) {
        if (segments[i].min_series <= series && series <= segments[i].max_series) expected.push_back(i);
      }
      std::size_t found = 0;
      for (const ReadUnit& unit : units) {
        if (series < unit.first_series || series > unit.last_series) continue;
        ++found;
        EXPECT_TRUE(std::includes(unit.segments.begin(), unit.segments.end(), expected.begin(), expected.end()));
      }
      EXPECT_LE(found, 1u);
      if (!expected.empty()) {
        EXPECT_EQ(found, 1u) << "series " << series;
      }
    }
  }
}

TEST(ReadPlan, CutsByTheirSeriesThoseThatALateBatchJoins) {
  std::vector<SegmentInfo> segments;
  for (SeriesId i = 0; i < 8; ++i) segments.push_back(segment(i * 10 + 1, i * 10 + 10, 0, 9, 500'000));
  segments.push_back(segment(1, 80, 5, 5, 80));
  EXPECT_EQ(together(segments), (Together{{0, 8}, {1, 8}, {2, 8}, {3, 8}, {4, 8}, {5, 8}, {6, 8}, {7, 8}}));
}

TEST(ReadPlan, OfWholeSeriesCutsWhereNoSegmentGoesAcross) {
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(11, 20, 0, 9)}, true), (Together{{0}, {1}}));
  EXPECT_EQ(together({segment(1, 10, 0, 9), segment(1, 10, 10, 19)}, true), (Together{{0, 1}}));
}

}  // namespace
}  // namespace luminate::sqlite
