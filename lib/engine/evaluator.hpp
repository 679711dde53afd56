#pragma once

#include <luminate/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "engine/run_summary.hpp"
#include "engine/selection.hpp"
#include "engine/workers.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"

namespace luminate::engine {

/// What a plan wants to be fed.
struct Demand {
  /// All samples of a series at once. Otherwise they may come in pieces, in any order, to any evaluator of the query.
  bool whole_series = false;
  bool timestamps = false;  ///< Otherwise the spans of timestamps may be empty.
  bool summaries = false;   ///< A summary says enough of samples that lie in the time range and in one bucket.
};
Demand demand_of(const query::Plan& plan);

/// Evaluates a plan over samples that a backend feeds to it, one series at a time.
///
///     Selection selection(plan);             // from the catalog
///     auto evaluator = make_evaluator(plan, selection);
///     for (each series that has samples) evaluator->add(series, timestamps, values, call);
///     Result result = evaluator->finish(workers, call);
///
/// Several threads share a query by an evaluator each, which are merged before one of them finishes. In which order
/// they are merged shows in nothing but, possibly, the last bit of a standard deviation, so a backend that cuts the
/// work in the same way and merges in the same order gives the same answer on any number of threads.
///
/// Plan and selection outlive the evaluator. One thread at a time.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// Samples of one series in the plan's time range: ascending timestamps that were not given before. See Demand.
  /// @throws Error of Call::check(); result_limit_exceeded as soon as that is certain.
  virtual void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
                   const model::Call& call) = 0;

  /// The same for a run of samples of which only a summary is known. @pre Demand::summaries.
  virtual void add_summary(std::uint32_t series, const RunSummary& run, const model::Call& call);

  /// Takes over what another evaluator of the same plan and selection was fed; that one is of no use afterwards.
  virtual void merge(Evaluator& other, const model::Call& call) = 0;

  /// Bytes that are kept until finish(), more or less.
  virtual std::size_t memory() const noexcept = 0;

  /// The answer, ordered and limited, with points_scanned but without execution_time. At most once.
  virtual Result finish(Workers& workers, const model::Call& call) = 0;
};

std::unique_ptr<Evaluator> make_evaluator(const query::Plan& plan, const Selection& selection);

}  // namespace luminate::engine
