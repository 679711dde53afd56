#include "sqlite/compaction_plan.hpp"

#include <algorithm>
#include <map>
#include <span>

namespace luminate::sqlite {
namespace {

using std::chrono::milliseconds;

/// Few segments are not worth a merge while more are coming.
constexpr std::size_t kWaitingWhenIdle = 4;
constexpr milliseconds kIdle = std::chrono::seconds(5);
constexpr milliseconds kLongIdle = std::chrono::minutes(10);

/// The longer a day takes to merge, the longer it must have been quiet, so that late points that dribble in do not have
/// it rewritten again and again.
milliseconds patience_for(std::int64_t samples) {
  return std::clamp<milliseconds>(milliseconds(samples / 2), std::chrono::minutes(1), std::chrono::hours(1));
}

/// The pieces of one sequence number in one day.
struct Run {
  std::int64_t sequence = 0;
  std::int64_t level = 0;
  std::int64_t samples = 0;
  std::vector<SegmentInfo> pieces = {};
};
using Runs = std::span<const Run>;

std::int64_t samples_of(Runs runs) {
  std::int64_t samples = 0;
  for (const Run& run : runs) samples += run.samples;
  return samples;
}

std::int64_t highest_level(Runs runs) {
  std::int64_t level = 0;
  for (const Run& run : runs) level = std::max(level, run.level);
  return level;
}

/// The oldest of the runs, as many as one merge may take.
Runs oldest(Runs runs, std::int64_t most_samples) {
  std::size_t count = 0;
  std::int64_t samples = 0;
  std::int64_t open = 0;
  for (const Run& run : runs) {
    samples += run.samples;
    open += std::min(run.samples, kPieceSamples);
    if (samples > most_samples || open > kOpenSamples) break;
    ++count;
  }
  return runs.first(count);
}

PlannedMerge merge_of(Runs runs, std::int64_t level, milliseconds patience) {
  PlannedMerge merge{
      .level = level, .sequence = runs.back().sequence, .samples = samples_of(runs), .patience = patience};
  for (const Run& run : runs) merge.inputs.insert(merge.inputs.end(), run.pieces.begin(), run.pieces.end());
  return merge;
}

/// What is left of runs, in age order, once the full ones and what is older than they are is taken away.
Runs unfinished(Runs runs) {
  const auto full = std::find_if(runs.rbegin(), runs.rend(), [](const Run& run) { return run.level >= kFullLevel; });
  return runs.last(static_cast<std::size_t>(full - runs.rbegin()));
}

/// The newest neighbours of one level, where there are enough of them.
Runs crowded_level(Runs runs) {
  for (auto end = runs.end(); end != runs.begin();) {
    auto begin = std::prev(end);
    while (begin != runs.begin() && std::prev(begin)->level == begin->level) --begin;
    if (static_cast<std::size_t>(end - begin) >= kRunsToMerge) return {begin, end};
    end = begin;
  }
  return {};
}

void plan_day(Runs runs, bool over, std::vector<PlannedMerge>& merges) {
  const Runs open = unfinished(runs);
  if (const Runs crowd = crowded_level(open); !crowd.empty()) {
    const std::int64_t next = crowd.front().level + 1;
    if (next < kFullLevel && samples_of(crowd) <= kBackgroundSamples / 2) {
      merges.push_back(merge_of(crowd, next, milliseconds(0)));
    } else if (const Runs all = oldest(open, kBackgroundSamples); all.size() > 1) {
      // Older ones go along, so that what comes out, never to be touched again, is behind all that may be.
      merges.push_back(merge_of(all, kFullLevel, milliseconds(0)));
    }
    return;
  }
  if (!over || runs.size() < 2) return;
  Runs rest = oldest(runs, kBackgroundSamples);
  if (rest.size() < runs.size()) rest = oldest(open, kBackgroundSamples);
  if (rest.size() < 2) return;
  const std::int64_t samples = samples_of(rest);
  const std::int64_t level = samples > kBackgroundSamples / 2 ? kFullLevel : highest_level(rest);
  merges.push_back(merge_of(rest, level, patience_for(samples)));
}

void plan_day_thoroughly(Runs runs, std::vector<PlannedMerge>& merges) {
  while (!runs.empty()) {
    const Runs group = oldest(runs, kThoroughSamples);
    if (group.size() > 1) {
      const std::int64_t level = samples_of(group) > kBackgroundSamples / 2 ? kFullLevel : highest_level(group);
      merges.push_back(merge_of(group, level, milliseconds(0)));
    }
    runs = runs.subspan(std::max<std::size_t>(group.size(), 1));
  }
}

milliseconds patience_for_waiting(const PlannedMerge& merge, bool more_behind, const PlanRules& rules) {
  const bool enough = merge.inputs.size() >= kWaitingToMerge || merge.samples >= kWaitingSamples / 4;
  if (more_behind || enough || rules.mode == PlanRules::Mode::thorough) return milliseconds(0);
  return merge.inputs.size() >= kWaitingWhenIdle ? kIdle : kLongIdle;
}

/// Of level-0 segments that nothing else comes between in age: the oldest first, as many at a time as a merge takes.
void plan_waiting(std::span<const SegmentInfo> waiting, const PlanRules& rules, std::vector<PlannedMerge>& merges) {
  while (!waiting.empty()) {
    std::size_t count = 0;
    PlannedMerge merge{.level = 1};
    // Segments of one sequence number stay together: what comes out shares it with nobody else.
    while (count < waiting.size() &&
           ((count < kWaitingInputs && merge.samples + waiting[count].samples <= kWaitingSamples) || count == 0 ||
            waiting[count].sequence == merge.sequence)) {
      merge.sequence = waiting[count].sequence;
      merge.samples += waiting[count].samples;
      ++count;
    }
    merge.inputs.assign(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
    waiting = waiting.subspan(count);
    merge.patience = patience_for_waiting(merge, !waiting.empty(), rules);
    merges.push_back(std::move(merge));
  }
}

/// Runs of one day, in age order, in groups that nothing may be merged across.
using Groups = std::vector<std::vector<Run>>;

/// Numbers a barrier for whatever must stay between others: `segments` are in age order.
std::map<std::int64_t, Groups> runs_by_day(std::span<const SegmentInfo> segments, const PlanRules& rules) {
  struct Day {
    Groups groups;
    std::size_t barrier = 0;
  };
  std::map<std::int64_t, Day> days;
  std::size_t barrier = 0;
  for (const SegmentInfo& segment : segments) {
    if (segment.level == 0 || rules.damaged.contains(segment.id)) {
      ++barrier;
      continue;
    }
    Day& day = days[day_of(segment.min_timestamp)];
    if (day.groups.empty() || day.barrier != barrier) day.groups.emplace_back();
    day.barrier = barrier;
    auto& group = day.groups.back();
    if (group.empty() || group.back().sequence != segment.sequence) {
      group.push_back({.sequence = segment.sequence, .level = segment.level});
    }
    group.back().samples += segment.samples;
    group.back().level = std::max(group.back().level, segment.level);
    group.back().pieces.push_back(segment);
  }
  std::map<std::int64_t, Groups> groups;
  for (auto& [number, day] : days) groups.emplace(number, std::move(day.groups));
  return groups;
}

}  // namespace

std::vector<PlannedMerge> plan_compaction(std::vector<SegmentInfo> segments, const PlanRules& rules) {
  std::erase_if(segments, [&](const SegmentInfo& segment) { return segment.sequence > rules.last_sequence; });
  std::sort(segments.begin(), segments.end(), [](const SegmentInfo& a, const SegmentInfo& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id;
  });

  std::vector<PlannedMerge> merges;
  const auto waits = [&](const SegmentInfo& segment) {
    return segment.level == 0 && !rules.damaged.contains(segment.id);
  };
  for (auto first = segments.begin(); first != segments.end();) {
    const auto last = std::find_if_not(first, segments.end(), waits);
    plan_waiting({first, last}, rules, merges);
    first = std::find_if(last, segments.end(), waits);
  }
  for (const auto& [day, groups] : runs_by_day(segments, rules)) {
    for (const auto& runs : groups) {
      if (rules.mode == PlanRules::Mode::thorough) {
        plan_day_thoroughly(runs, merges);
      } else {
        plan_day(runs, day < day_of(rules.now_ms), merges);
      }
    }
  }
  return merges;
}

}  // namespace luminate::sqlite
