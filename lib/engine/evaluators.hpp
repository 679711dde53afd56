#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/evaluator.hpp"
#include "engine/progress.hpp"

// The evaluators that make_evaluator() chooses from.
namespace luminate::engine {

std::unique_ptr<Evaluator> make_range_evaluator(const query::Plan& plan, const Selection& selection);
/// Aggregations without an interval, ...
std::unique_ptr<Evaluator> make_group_evaluator(const query::Plan& plan, const Selection& selection);
/// ... and with one.
std::unique_ptr<Evaluator> make_bucket_evaluator(const query::Plan& plan, const Selection& selection);
std::unique_ptr<Evaluator> make_rate_evaluator(const query::Plan& plan, const Selection& selection);

/// Calls step(begin, end) for stretches of [begin, end) that are short enough to look at the clock in between.
template <typename Step>
void in_stretches(std::size_t begin, std::size_t end, Progress& progress, const model::Call& call, const Step& step) {
  constexpr std::size_t kStretch = 65536;
  while (begin < end) {
    const std::size_t until = std::min(end, begin + kStretch);
    progress.step(until - begin, call);
    step(begin, until);
    begin = until;
  }
}

}  // namespace luminate::engine
