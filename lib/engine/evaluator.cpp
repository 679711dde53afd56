#include "engine/evaluator.hpp"

#include "engine/evaluators.hpp"

namespace luminate::engine {

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
