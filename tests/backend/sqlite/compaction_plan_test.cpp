#include "sqlite/compaction_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace luminate::sqlite {
namespace {

constexpr std::int64_t kToday = 20'000;
constexpr std::int64_t kNowMs = kToday * kDayMs + kDayMs / 2;

SegmentInfo segment(std::int64_t sequence, std::int64_t level, std::int64_t samples, std::int64_t day = kToday) {
  return {.id = sequence,
          .metric_id = 1,
          .sequence = sequence,
          .level = level,
          .min_timestamp = day * kDayMs + 1,
          .max_timestamp = day * kDayMs + 2,
          .min_series = 1,
          .max_series = 9,
          .samples = samples};
}

std::vector<SegmentInfo> many(std::size_t count, std::int64_t level, std::int64_t samples, std::int64_t day = kToday) {
  std::vector<SegmentInfo> segments;
  for (std::size_t i = 1; i <= count; ++i) {
    segments.push_back(segment(static_cast<std::int64_t>(i), level, samples, day));
  }
  return segments;
}

/// What is to be done at once.
std::vector<PlannedMerge> due(const std::vector<SegmentInfo>& segments, PlanRules rules = {.now_ms = kNowMs}) {
  auto merges = plan_compaction(segments, rules);
  std::erase_if(merges, [](const PlannedMerge& merge) { return merge.patience.count() > 0; });
  return merges;
}

TEST(CompactionPlan, LeavesFewNewSegmentsUntilItIsQuiet) {
  EXPECT_TRUE(due(many(kWaitingToMerge - 1, 0, 1)).empty());
  const auto merges = plan_compaction(many(kWaitingToMerge - 1, 0, 1), {.now_ms = kNowMs});
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].patience, std::chrono::seconds(5));
  EXPECT_EQ(plan_compaction(many(1, 0, 1), {.now_ms = kNowMs}).at(0).patience, std::chrono::minutes(10));
}

TEST(CompactionPlan, MergesEnoughNewSegmentsOldestFirst) {
  auto segments = many(kWaitingToMerge, 0, 10);
  std::reverse(segments.begin(), segments.end());
  const auto merges = due(segments);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].level, 1);
  EXPECT_EQ(merges[0].sequence, 16);
  EXPECT_EQ(merges[0].samples, 160);
  ASSERT_EQ(merges[0].inputs.size(), 16u);
  EXPECT_EQ(merges[0].inputs.front().sequence, 1);
}

TEST(CompactionPlan, CollapsesABacklogOfSinglePointsInFewSteps) {
  const auto merges = due(many(20'000, 0, 1));
  // The rest, of less than a full merge, is enough to go at once as well.
  ASSERT_EQ(merges.size(), 5u);
  EXPECT_EQ(merges[0].inputs.size(), kWaitingInputs);
  EXPECT_EQ(merges[1].inputs.front().sequence, 4'097);
}

TEST(CompactionPlan, BoundsTheSamplesOfAMerge) {
  const auto merges = due(many(100, 0, kWaitingSamples / 10));
  ASSERT_EQ(merges.size(), 10u);
  for (const auto& merge : merges) EXPECT_LE(merge.samples, kWaitingSamples);
  // One that is larger than the bound goes alone rather than never.
  EXPECT_EQ(due(many(20, 0, kWaitingSamples + 1)).at(0).inputs.size(), 1u);
}

TEST(CompactionPlan, KeepsSegmentsOfOneSequenceTogether) {
  auto segments = many(kWaitingInputs + 10, 0, 1);
  for (auto& each : segments) each.sequence = each.id <= static_cast<std::int64_t>(kWaitingInputs) - 5 ? 1 : 2;
  const auto merges = due(segments);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].inputs.size(), segments.size());
}

TEST(CompactionPlan, MergesEightRunsOfALevelIntoOneOfTheNext) {
  EXPECT_TRUE(due(many(kRunsToMerge - 1, 1, 100)).empty());
  const auto merges = due(many(kRunsToMerge, 1, 100));
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].level, 2);
  EXPECT_EQ(merges[0].sequence, 8);
  EXPECT_EQ(merges[0].inputs.size(), 8u);
}

TEST(CompactionPlan, CountsThePiecesOfOneSequenceAsOneRun) {
  auto segments = many(kRunsToMerge, 1, 100);
  for (auto& each : segments) each.sequence = (each.id + 1) / 2;
  EXPECT_TRUE(due(segments).empty());
}

TEST(CompactionPlan, LooksAtEachDayByItself) {
  auto segments = many(kRunsToMerge - 1, 1, 100);
  for (auto& each : many(kRunsToMerge, 1, 100, kToday - 1)) segments.push_back(each);
  const auto merges = due(segments);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(day_of(merges[0].inputs.front().min_timestamp), kToday - 1);
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kDayMs), -1);
  EXPECT_EQ(day_of(-kDayMs - 1), -2);
  EXPECT_EQ(day_of(0), 0);
}

TEST(CompactionPlan, MergesADayThatIsOverOnceItIsQuiet) {
  EXPECT_TRUE(plan_compaction(many(2, 1, 100), {.now_ms = kNowMs}).empty()) << "today is not over";
  const auto merges = plan_compaction(many(2, 1, 100, kToday - 1), {.now_ms = kNowMs});
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].patience, std::chrono::minutes(1));
  EXPECT_EQ(plan_compaction(many(2, 1, 3'000'000, kToday - 1), {.now_ms = kNowMs}).at(0).patience,
            std::chrono::minutes(50));
  EXPECT_TRUE(plan_compaction(many(1, 1, 100, kToday - 1), {.now_ms = kNowMs}).empty()) << "it would go on for ever";
}

TEST(CompactionPlan, LeavesWhatIsLargeAloneInTheBackground) {
  std::vector<SegmentInfo> segments{segment(1, kFullLevel, kBackgroundSamples), segment(2, kFullLevel, 5'000'000)};
  EXPECT_TRUE(plan_compaction(segments, {.now_ms = kNowMs + 5 * kDayMs}).empty());
  segments.push_back(segment(3, 2, 10));
  EXPECT_TRUE(plan_compaction(segments, {.now_ms = kNowMs + 5 * kDayMs}).empty());
  segments.push_back(segment(4, 1, 10));
  const auto merges = plan_compaction(segments, {.now_ms = kNowMs + 5 * kDayMs});
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].samples, 20);
}

TEST(CompactionPlan, ThoroughlyMakesOneRunOfADay) {
  const PlanRules thorough{.mode = PlanRules::Mode::thorough, .now_ms = kNowMs};
  std::vector<SegmentInfo> segments{segment(1, kFullLevel, kBackgroundSamples), segment(2, 2, 5'000), segment(3, 1, 1)};
  const auto merges = plan_compaction(segments, thorough);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].inputs.size(), 3u);
  EXPECT_EQ(merges[0].level, kFullLevel);

  segments.push_back(segment(4, 1, kThoroughSamples - 1));
  EXPECT_EQ(plan_compaction(segments, thorough).at(0).inputs.size(), 3u) << "the fourth would be too much";
  EXPECT_TRUE(plan_compaction({segment(1, 1, kThoroughSamples), segment(2, 1, 1)}, thorough).empty());
  EXPECT_EQ(plan_compaction(many(1, 0, 1), thorough).size(), 1u) << "what is new is cut by days";
}

TEST(CompactionPlan, LeavesOutWhatIsNewerThanItIsTold) {
  PlanRules rules{.mode = PlanRules::Mode::thorough, .now_ms = kNowMs, .last_sequence = 3};
  const auto merges = plan_compaction(many(5, 1, 1), rules);
  ASSERT_EQ(merges.size(), 1u);
  EXPECT_EQ(merges[0].sequence, 3);
}

TEST(CompactionPlan, NeverMergesAcrossWhatIsDamaged) {
  const auto merges = due(many(40, 0, 1), {.now_ms = kNowMs, .damaged = {20}});
  ASSERT_EQ(merges.size(), 2u);
  EXPECT_EQ(merges[0].sequence, 19);
  EXPECT_EQ(merges[1].inputs.front().sequence, 21);
  EXPECT_TRUE(due(many(kRunsToMerge, 1, 1), {.now_ms = kNowMs, .damaged = {4}}).empty());
}

TEST(CompactionPlan, NeverMergesAcrossWhatWaits) {
  // Runs 1 and 3 around new segment 2: merged they would be newer than it.
  const std::vector<SegmentInfo> segments{segment(1, 1, 10), segment(2, 0, 1), segment(3, 1, 10)};
  for (const auto& merge : plan_compaction(segments, {.mode = PlanRules::Mode::thorough, .now_ms = kNowMs})) {
    EXPECT_EQ(merge.inputs.size(), 1u);
  }
  const std::vector<SegmentInfo> other{segment(1, 0, 10), segment(2, 1, 1), segment(3, 0, 10)};
  for (const auto& merge : plan_compaction(other, {.mode = PlanRules::Mode::thorough, .now_ms = kNowMs})) {
    EXPECT_EQ(merge.inputs.size(), 1u);
  }
}

/// Applies plans to rows alone, as long as there is something to do.
class Simulation {
 public:
  void write(std::int64_t day, std::int64_t samples) {
    segments_.push_back(segment(next_id_, 0, samples, day));
    ++next_id_;
    written += samples;
  }

  void settle(const PlanRules& rules, bool patient) {
    for (;;) {
      auto merges = plan_compaction(segments_, rules);
      if (!patient) std::erase_if(merges, [](const PlannedMerge& merge) { return merge.patience.count() > 0; });
      if (merges.empty()) return;
      ASSERT_LT(++steps, 100'000) << "it goes on for ever";
      apply(merges.front(), rules.mode == PlanRules::Mode::thorough ? kThoroughSamples : kBackgroundSamples);
      check();
    }
  }

  std::size_t runs(std::int64_t day) const {
    std::set<std::int64_t> sequences;
    for (const auto& each : segments_) {
      if (each.level > 0 && day_of(each.min_timestamp) == day) sequences.insert(each.sequence);
    }
    return sequences.size();
  }

  std::int64_t written = 0;
  std::int64_t rewritten = 0;
  int steps = 0;

 private:
  void apply(const PlannedMerge& merge, std::int64_t bound) {
    std::set<std::int64_t> ids;
    std::map<std::int64_t, std::int64_t> days;
    std::int64_t first = merge.inputs.front().sequence;
    for (const auto& input : merge.inputs) {
      ASSERT_TRUE(ids.insert(input.id).second);
      days[day_of(input.min_timestamp)] += input.samples;
      first = std::min(first, input.sequence);
      EXPECT_LE(input.sequence, merge.sequence);
    }
    EXPECT_LE(merge.samples, bound);
    std::erase_if(segments_, [&](const SegmentInfo& each) { return ids.contains(each.id); });
    for (const auto& each : segments_) {
      // What stays and could hold the same samples is older than all inputs or newer than what comes out.
      if (!days.contains(day_of(each.min_timestamp))) continue;
      EXPECT_TRUE(each.sequence < first || each.sequence > merge.sequence) << "merged across age";
    }
    for (const auto& [day, samples] : days) {
      rewritten += samples;
      for (std::int64_t left = samples; left > 0; left -= kPieceSamples) {
        SegmentInfo piece = segment(merge.sequence, merge.level, std::min(left, kPieceSamples), day);
        piece.id = next_id_++;
        segments_.push_back(piece);
      }
    }
  }

  void check() const {
    std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> levels;  // By day, then by sequence.
    for (const auto& each : segments_) levels[day_of(each.min_timestamp)][each.sequence] = each.level;
    for (const auto& [day, runs] : levels) {
      std::int64_t before = kFullLevel;
      for (const auto& [sequence, level] : runs) {
        EXPECT_LE(level, before) << "a higher level is newer";
        before = level;
      }
    }
  }

  std::vector<SegmentInfo> segments_;
  std::int64_t next_id_ = 1;
};

TEST(CompactionPlan, KeepsHigherLevelsOlderWhateverComes) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto number = [&](int from, int to) { return std::uniform_int_distribution<>(from, to)(random); };
    Simulation simulation;
    for (int round = 0; round < 60 && !testing::Test::HasFailure(); ++round) {
      const int writes = number(1, 60);
      const std::int64_t size = number(0, 9) == 0 ? number(1, 1'000'000) : number(1, 10'000);
      for (int i = 0; i < writes; ++i) simulation.write(kToday - (number(0, 9) == 0 ? number(0, 3) : 0), size);
      simulation.settle({.now_ms = kNowMs}, number(0, 9) == 0);
    }
    simulation.settle({.now_ms = kNowMs + 9 * kDayMs}, true);
    simulation.settle({.mode = PlanRules::Mode::thorough, .now_ms = kNowMs}, true);
  }
}

TEST(CompactionPlan, WritesASampleAFewTimesAndLeavesFewRuns) {
  Simulation simulation;
  for (int batch = 0; batch < 10'000; ++batch) {
    simulation.write(kToday, 10'000);
    simulation.settle({.now_ms = kNowMs}, false);
  }
  // 100 million samples: merged at level 0 by 160 thousand, eight of these to 1.3 million, six of these to a full run.
  EXPECT_LT(simulation.rewritten, simulation.written * 31 / 10);
  EXPECT_LE(simulation.runs(kToday), 13u + 14u);
  simulation.settle({.now_ms = kNowMs + kDayMs}, true);
  EXPECT_LE(simulation.runs(kToday), 15u);
}

}  // namespace
}  // namespace luminate::sqlite
