#pragma once

#include <luminate/result.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "engine/selection.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"

namespace luminate::engine {

/// Evaluates a plan over samples that a backend feeds to it, one series at a time.
///
///     Selection selection(plan);             // from the catalog
///     auto evaluator = make_evaluator(plan, selection);
///     for (each series that has samples) evaluator->add(series, timestamps, values, call);
///     Result result = evaluator->finish(call);
///
/// Plan and selection outlive the evaluator. One thread at a time.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// All samples of one series in the plan's time range: ascending, unique timestamps. Each series at most once.
  /// @throws Error of Call::check(); result_limit_exceeded as soon as that is certain.
  virtual void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
                   const model::Call& call) = 0;

  /// The answer, ordered and limited, with points_scanned but without execution_time. At most once.
  virtual Result finish(const model::Call& call) = 0;
};

std::unique_ptr<Evaluator> make_evaluator(const query::Plan& plan, const Selection& selection);

}  // namespace luminate::engine
