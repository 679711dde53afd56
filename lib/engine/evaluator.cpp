#include "engine/evaluator.hpp"

#include <luminate/error.hpp>

#include <algorithm>

#include "engine/evaluators.hpp"

namespace luminate::engine {
namespace {

bool is_told_by_summaries(const Aggregation& aggregation) {
  switch (aggregation.kind) {
    case Aggregation::Kind::avg:
    case Aggregation::Kind::sum:
    case Aggregation::Kind::count:
    case Aggregation::Kind::min:
    case Aggregation::Kind::max:
    case Aggregation::Kind::first:
    case Aggregation::Kind::last:
      return true;
    default:
      return false;
  }
}

}  // namespace

Demand demand_of(const query::Plan& plan) {
  if (plan.type == QueryType::range) return {.timestamps = true};
  if (plan.type == QueryType::rate) return {.whole_series = true, .timestamps = true};
  const auto wants = [&](Aggregation::Kind kind) {
    return std::any_of(plan.aggregations.begin(), plan.aggregations.end(),
                       [&](const Aggregation& aggregation) { return aggregation.kind == kind; });
  };
  Demand demand;
  demand.whole_series = wants(Aggregation::Kind::integral);
  demand.timestamps =
      plan.interval_ms || demand.whole_series || wants(Aggregation::Kind::first) || wants(Aggregation::Kind::last);
  demand.summaries = std::all_of(plan.aggregations.begin(), plan.aggregations.end(), is_told_by_summaries);
  return demand;
}

void Evaluator::add_summary(std::uint32_t, const RunSummary&, const model::Call&) {
  throw Error(ErrorCode::internal, "this query cannot be answered from summaries");
}

std::unique_ptr<Evaluator> make_evaluator(const query::Plan& plan, const Selection& selection) {
  switch (plan.type) {
    case QueryType::range:
      return make_range_evaluator(plan, selection);
    case QueryType::aggregate:
      return plan.interval_ms ? make_bucket_evaluator(plan, selection) : make_group_evaluator(plan, selection);
    case QueryType::rate:
      return make_rate_evaluator(plan, selection);
  }
  throw Error(ErrorCode::internal, "no such query type");
}

}  // namespace luminate::engine
