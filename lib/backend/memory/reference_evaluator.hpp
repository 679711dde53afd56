#pragma once

#include <luminate/metric.hpp>
#include <luminate/result.hpp>

#include <cstdint>
#include <map>
#include <span>

#include "model/call.hpp"
#include "query/matcher.hpp"
#include "query/plan.hpp"

// The answers of docs/queries.md computed in the plainest way: slow, short, and independent of the engine, which is
// held against it by tests. Do not make it clever.
namespace luminate::backend {

using Samples = std::map<std::int64_t, double>;
using SeriesMap = std::map<Dimensions, Samples>;

bool matches_all(std::span<const query::Matcher> matchers, const Dimensions& dimensions);

/// The samples with start_ms <= timestamp < end_ms, as a pair of iterators into `samples`.
std::pair<Samples::const_iterator, Samples::const_iterator> in_range(const Samples& samples, const TimeRange& range);

/// @param series all series of the plan's metric and tenant. @throws Error result_limit_exceeded, or of Call::check().
Result evaluate_reference(const query::Plan& plan, const SeriesMap& series, const model::Call& call);

}  // namespace luminate::backend
