#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "sqlite/segment_table.hpp"

// Which segments to merge: a decision about rows, made without looking at a sample.
//
// Writes make level 0. A merge of level-0 segments is split by UTC day into *runs* of level 1: a run is the pieces, of
// at most kPieceSamples each, that share a sequence number. Within a day runs are merged by size, as in any tiered LSM
// tree: kRunsToMerge of a level make one of the next. A merge takes what is contiguous in age, and what it makes
// carries the largest sequence number that went in; so what is older stays older. Higher levels are always the older
// ones.
namespace luminate::sqlite {

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kPieceSamples = std::int64_t{1} << 18;

/// So many waiting segments of a metric are merged at once, fewer when nothing has come for a while.
inline constexpr std::size_t kWaitingToMerge = 16;
/// Eight: a sample is written once for each factor of eight by which the samples of a day outnumber those of a merge at
/// level 0, and a query meets at most seven runs a level. With sixteen it would be written a quarter less often, and a
/// query meet twice the runs.
inline constexpr std::size_t kRunsToMerge = 8;

/// Of one merge at level 0: 4 Mi samples are some 64 MB decoded. Inputs, since each costs a look-up and a row.
inline constexpr std::int64_t kWaitingSamples = std::int64_t{1} << 22;
inline constexpr std::size_t kWaitingInputs = 4'096;
/// Of one merge of runs: what one transaction writes, and what is decoded at a time, a piece of each run.
inline constexpr std::int64_t kBackgroundSamples = std::int64_t{1} << 23;
inline constexpr std::int64_t kThoroughSamples = std::int64_t{1} << 25;
inline constexpr std::int64_t kOpenSamples = std::int64_t{1} << 22;

/// Runs that the background leaves alone unless their day is over: larger than half of what it merges at once.
inline constexpr std::int64_t kFullLevel = 8;

struct PlannedMerge {
  std::vector<SegmentInfo> inputs = {};  ///< Oldest first.
  std::int64_t level = 0;                ///< Of what comes out.
  std::int64_t sequence = 0;             ///< Of what comes out: the largest of the inputs'.
  std::int64_t samples = 0;              ///< Of the inputs.
  /// Wait until the metric (at level 0) or the day has not changed for so long.
  std::chrono::milliseconds patience{0};
};

struct PlanRules {
  enum class Mode {
    background,  ///< What pays in the long run.
    thorough,    ///< As few runs as there can be.
  };
  Mode mode = Mode::background;
  std::int64_t now_ms = 0;                 ///< Days before this one's are over.
  std::int64_t last_sequence = INT64_MAX;  ///< Newer segments are left out.
  std::set<std::int64_t> damaged = {};     ///< Ids of segments that cannot be read: nothing is merged across them.
};

/// The merges that are due among the segments of one metric, or will be when it stays quiet. They touch different
/// segments, so that each may be done or left. Level 0 comes first.
std::vector<PlannedMerge> plan_compaction(std::vector<SegmentInfo> segments, const PlanRules& rules);

/// The UTC day of a timestamp, counted from the epoch.
constexpr std::int64_t day_of(std::int64_t timestamp_ms) {
  return timestamp_ms / kDayMs - (timestamp_ms % kDayMs < 0 ? 1 : 0);
}

}  // namespace luminate::sqlite
