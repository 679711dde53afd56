#pragma once

#include <span>

#include "engine/evaluator.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"
#include "sqlite/memory_budget.hpp"
#include "sqlite/read_plan.hpp"
#include "sqlite/segment_rows.hpp"
#include "sqlite/segment_source.hpp"

namespace luminate::sqlite {

/// What all threads of one query read from. Everything but the source and the budget is constant.
struct QueryContext {
  const query::Plan& plan;
  std::span<const SeriesId> series;  ///< Those selected, ascending.
  std::span<const SegmentInfo> segments;
  SegmentSource& source;
  MemoryBudget& budget;
};

/// Feeds an evaluator the samples of read units, in the cheapest way that each allows: from statistics of whole runs,
/// run by run, or, where segments overlap, gathered series by series. One thread at a time.
class UnitReader {
 public:
  explicit UnitReader(const QueryContext& context) : context_(context), demand_(engine::demand_of(context.plan)) {}

  void read(const ReadUnit& unit, engine::Evaluator& evaluator, const model::Call& call);

 private:
  bool add_summaries(const SegmentInfo& info, engine::Evaluator& evaluator, const model::Call& call);
  void add_runs(const SegmentInfo& info, engine::Evaluator& evaluator, const model::Call& call);
  std::size_t samples_in(const ReadUnit& unit) const;
  void gather(const ReadUnit& unit, engine::Evaluator& evaluator, const model::Call& call);

  const QueryContext& context_;
  const engine::Demand demand_;
  std::span<const SeriesId> series_;  ///< Those that the unit at hand may have ...
  std::uint32_t first_index_ = 0;     ///< ... and where they begin among all.
  SegmentSource::Bytes bytes_;
  SegmentRows rows_;
};

}  // namespace luminate::sqlite
