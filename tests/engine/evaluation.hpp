#pragma once

#include <luminate/metric.hpp>
#include <luminate/result.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "memory/reference_evaluator.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"

// What the tests of the engine share: plans in one line, both evaluators behind one signature, answers as text.
namespace luminate::test {

using backend::SeriesMap;

query::Plan aggregate_plan(std::vector<Aggregation> aggregations, std::vector<std::string> group_by = {});
query::Plan rate_plan(std::int64_t interval_ms, std::vector<std::string> group_by = {});
query::Plan range_plan(std::size_t limit);

/// Feeds the engine as a backend would: series in an order that depends on `seed`, and where the plan allows it in
/// pieces or by summaries, to one to three evaluators that are merged.
Result evaluate_with_engine(const query::Plan& plan, const SeriesMap& series, const model::Call& call,
                            std::uint32_t seed = 1);

/// One line a row, numbers with 12 significant digits:
///     aggregate "60000 a,b = 1.5 2 (12)", rate "60000 a,b = 0.5", range "1000 host=a = 2", and "truncated" last.
std::vector<std::string> lines(const Result& result);

}  // namespace luminate::test
