#include "sqlite/compactor.hpp"

#include <sched.h>

#include <algorithm>
#include <limits>

namespace luminate::sqlite {
namespace {

using std::chrono::milliseconds;

/// Tells the kernel that this thread computes and nobody waits for it. Other than a lower priority it can be taken
/// back, which it must be before a lock is taken that writers want.
class BackgroundScheduling {
 public:
  explicit BackgroundScheduling(bool wanted) : set_(wanted && set(SCHED_BATCH)) {}
  ~BackgroundScheduling() {
    if (set_) set(SCHED_OTHER);
  }
  BackgroundScheduling(const BackgroundScheduling&) = delete;
  BackgroundScheduling& operator=(const BackgroundScheduling&) = delete;

 private:
  static bool set(int policy) {
    const sched_param none{};
    return sched_getscheduler(0) != policy && sched_setscheduler(0, policy, &none) == 0;
  }
  bool set_;
};

std::pair<std::int64_t, std::int64_t> place_of(const PlannedMerge& merge) {
  const SegmentInfo& first = merge.inputs.front();
  return {first.metric_id, first.level == 0 ? std::numeric_limits<std::int64_t>::min() : day_of(first.min_timestamp)};
}

/// Those that are done together: one at least, and no more than stays in memory.
std::span<const PlannedMerge> first_of(const std::vector<PlannedMerge>& merges) {
  std::int64_t samples = 0;
  std::size_t chosen = 0;
  while (chosen < merges.size() && (chosen == 0 || samples + merges[chosen].samples <= kBackgroundSamples)) {
    samples += merges[chosen++].samples;
  }
  return std::span(merges).first(chosen);
}

void count(const std::vector<SegmentInfo>& segments, std::uint64_t& count, std::uint64_t& samples) {
  count = segments.size();
  for (const SegmentInfo& segment : segments) samples += static_cast<std::uint64_t>(segment.samples);
}

}  // namespace

std::vector<PlannedMerge> Compactor::plan(const PlanRules& rules) {
  const std::vector<SegmentInfo> segments = rewriting_.loader().list();
  std::vector<PlannedMerge> merges;
  for (auto first = segments.begin(); first != segments.end();) {
    const auto last = std::find_if(first, segments.end(),
                                   [&](const SegmentInfo& segment) { return segment.metric_id != first->metric_id; });
    std::ranges::move(plan_compaction({first, last}, rules), std::back_inserter(merges));
    first = last;
  }
  return merges;
}

std::optional<Compactor::Clock::time_point> Compactor::take_due(std::vector<PlannedMerge>& merges) {
  const auto now = Clock::now();
  std::optional<Clock::time_point> next;
  decltype(quiet_) quiet;
  std::erase_if(merges, [&](const PlannedMerge& merge) {
    if (merge.patience == milliseconds(0)) return false;
    const auto place = place_of(merge);
    const auto known = quiet_.find(place);
    const bool same = known != quiet_.end() && known->second.sequence == merge.sequence;
    const Quiet entry{merge.sequence, same ? known->second.since : now};
    quiet.insert_or_assign(place, entry);
    const auto due = entry.since + merge.patience;
    if (due <= now) return false;
    next = next ? std::min(*next, due) : due;
    return true;
  });
  quiet_ = std::move(quiet);
  return next;
}

Compactor::Step Compactor::background_step(const std::stop_token& stop) {
  const std::lock_guard lock(rewriting_.mutex);
  std::vector<PlannedMerge> merges = plan({.now_ms = rewriting_.now_ms(), .damaged = damaged_});
  const auto next = take_due(merges);
  if (merges.empty()) return {false, next};
  perform(first_of(merges), stop, true);
  return {true, next};
}

CompactionReport Compactor::compact(const model::Call& call) {
  CompactionReport report;
  const std::uint64_t written_before = rewriting_.writer.counters().rewritten_bytes;
  PlanRules rules{.mode = PlanRules::Mode::thorough};
  for (bool first = true;; first = false) {
    call.check();
    const std::lock_guard lock(rewriting_.mutex);
    if (first) {
      const auto segments = rewriting_.loader().list();
      count(segments, report.segments_before, report.samples_before);
      rules.last_sequence = 0;
      for (const auto& segment : segments) rules.last_sequence = std::max(rules.last_sequence, segment.sequence);
    }
    rules.damaged = damaged_;
    std::vector<PlannedMerge> merges = plan(rules);
    // What level 0 adds to a day is merged with the rest of it.
    const auto from_level0 = [](const PlannedMerge& merge) { return merge.inputs.front().level == 0; };
    if (std::any_of(merges.begin(), merges.end(), from_level0)) {
      std::erase_if(merges, [&](const PlannedMerge& merge) { return !from_level0(merge); });
    }
    if (merges.empty()) {
      count(rewriting_.loader().list(), report.segments_after, report.samples_after);
      break;
    }
    report.merges += perform(first_of(merges), call.stop, false);
  }
  report.bytes_written = rewriting_.writer.counters().rewritten_bytes - written_before;
  return report;
}

std::size_t Compactor::perform(std::span<const PlannedMerge> merges, const std::stop_token& stop, bool in_background) {
  std::vector<SegmentSwap> swaps;
  {
    const BackgroundScheduling lower(in_background);
    for (const PlannedMerge& planned : merges) {
      if (auto swap = merge(planned, stop)) swaps.push_back(std::move(*swap));
    }
  }
  if (swaps.empty()) return 0;
  const std::size_t made = commit_swaps(rewriting_.writer, swaps);
  rewriting_.writer.counters().merges += made;
  return made;
}

/// Empty when a segment is damaged: the next plan does without it.
std::optional<SegmentSwap> Compactor::merge(const PlannedMerge& planned, const std::stop_token& stop) {
  try {
    SegmentMerger merger(planned.inputs, [this](const SegmentInfo& info) { return rewriting_.loader().load(info); });
    PieceBuilder pieces(planned.inputs.front().metric_id);
    merger.run([&](SeriesId series, auto timestamps, auto values) { pieces.add(series, timestamps, values); }, stop);
    SegmentSwap swap;
    for (const SegmentInfo& input : planned.inputs) swap.removed.push_back(input.id);
    swap.added = std::move(pieces).finish();
    for (NewSegment& piece : swap.added) {
      piece.info.level = planned.level;
      piece.info.sequence = planned.sequence;
    }
    return swap;
  } catch (const SegmentDamaged& damage) {
    damaged_.insert(damage.id());
    if (rewriting_.options.logger) {
      rewriting_.options.logger(LogLevel::error,
                                std::string("compaction leaves out what is damaged: ") + damage.what());
    }
    return std::nullopt;
  }
}

}  // namespace luminate::sqlite
