#pragma once

#include <luminate/options.hpp>
#include <luminate/store.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "model/call.hpp"
#include "sqlite/compaction_plan.hpp"
#include "sqlite/rewriting.hpp"
#include "sqlite/segment_swap.hpp"

namespace luminate::sqlite {

/// Merges segments: looks at the rows, plans, merges outside of any lock, and has the writer swap what came out for
/// what went in, in one transaction that checks that all of it is there still. A crash at any moment leaves the old
/// segments or the new. Any thread; one merges at a time.
class Compactor {
 public:
  explicit Compactor(Rewriting& rewriting) : rewriting_(rewriting) {}

  struct Step {
    bool worked = false;  ///< Something was due; there may be more.
    /// When something is due next if nothing changes. Empty: never.
    std::optional<std::chrono::steady_clock::time_point> next{};
  };
  /// Does what is due, up to a bound. @throws Error cancelled, and what the storage throws.
  Step background_step(const std::stop_token& stop);

  /// Merges all there is at the time of the call, thoroughly. @throws Error.
  CompactionReport compact(const model::Call& call);

 private:
  using Clock = std::chrono::steady_clock;

  std::vector<PlannedMerge> plan(const PlanRules& rules);
  /// Takes the merges whose patience is over. @returns when the first of the others will be due.
  std::optional<Clock::time_point> take_due(std::vector<PlannedMerge>& merges);
  std::size_t perform(std::span<const PlannedMerge> merges, const std::stop_token& stop, bool in_background);
  std::optional<SegmentSwap> merge(const PlannedMerge& planned, const std::stop_token& stop);

  Rewriting& rewriting_;
  // Guarded by the mutex of rewriting_:
  std::set<std::int64_t> damaged_;  ///< Segments that could not be read; told once.
  /// What waits for quiet, by metric and day (or level 0): the newest sequence number, and since when it is.
  struct Quiet {
    std::int64_t sequence;
    Clock::time_point since;
  };
  std::map<std::pair<std::int64_t, std::int64_t>, Quiet> quiet_;
};

}  // namespace luminate::sqlite
