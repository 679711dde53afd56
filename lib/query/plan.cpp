#include "query/plan.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "model/names.hpp"
#include "model/text.hpp"
#include "query/refuse.hpp"

namespace luminate::query {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxAggregations = 20;
constexpr std::size_t kMaxGroupBy = 20;
constexpr std::size_t kMaxGroupLimit = 1'000'000;
constexpr milliseconds kDefaultRateInterval = std::chrono::minutes(1);

void check_metric(const std::string& metric) {
  if (metric.empty()) refuse("metricName", "missing; name the metric to query");
  if (!model::valid_name(metric, model::kMaxMetricNameLength)) {
    refuse("metricName", model::quote(metric) +
                             " is no metric name; it must match ^[a-zA-Z_][a-zA-Z0-9_]*$ and have 1 to " +
                             std::to_string(model::kMaxMetricNameLength) + " characters");
  }
}

TimeRange absolute(const RelativeRange& range, std::int64_t now_ms, milliseconds max_length) {
  constexpr const char* kField = "timeRange.relative";
  const std::int64_t length = range.length.count();
  if (length <= 0) refuse(kField, "the range is empty; give a duration such as \"1h\"");
  if (range.length > max_length) {
    refuse(kField, "the range is " + format_duration(range.length) + " long; at most " + format_duration(max_length) +
                       " are allowed");
  }
  using Limits = std::numeric_limits<std::int64_t>;
  const std::int64_t end = now_ms < Limits::max() ? now_ms + 1 : now_ms;  // The current millisecond is in the range.
  if (end < Limits::min() + length) refuse(kField, "the range begins before the earliest time there is; shorten it");
  return {end - length, end};
}

TimeRange checked(const TimeRange& range, milliseconds max_length) {
  if (range.start_ms >= range.end_ms) {
    refuse("timeRange.start", "the start, " + std::to_string(range.start_ms) + ", must be before the end, " +
                                  std::to_string(range.end_ms) + " (Unix milliseconds; the end is exclusive)");
  }
  // The difference of two int64 may exceed int64, but never uint64.
  const std::uint64_t length = static_cast<std::uint64_t>(range.end_ms) - static_cast<std::uint64_t>(range.start_ms);
  if (length > static_cast<std::uint64_t>(std::max<std::int64_t>(max_length.count(), 0))) {
    refuse("timeRange", "the range is " + std::to_string(length) + " ms long; at most " + format_duration(max_length) +
                            " are allowed");
  }
  return range;
}

TimeRange time_range(const Query& query, const QueryLimits& limits, std::int64_t now_ms) {
  if (const auto* relative = std::get_if<RelativeRange>(&query.time_range)) {
    return absolute(*relative, now_ms, limits.max_time_range);
  }
  return checked(std::get<TimeRange>(query.time_range), limits.max_time_range);
}

std::vector<Aggregation> aggregations(const Query& query) {
  if (query.type != QueryType::aggregate) {
    if (!query.aggregations.empty()) refuse("aggregation", "only an aggregate query takes it; leave it out");
    return {};
  }
  if (query.aggregations.empty()) refuse("aggregation", "missing; name at least one, such as \"avg\"");
  if (query.aggregations.size() > kMaxAggregations) {
    refuse("aggregations", "there are " + std::to_string(query.aggregations.size()) + "; at most " +
                               std::to_string(kMaxAggregations) + " are allowed");
  }
  std::vector<Aggregation> checked;
  for (Aggregation aggregation : query.aggregations) {
    const std::string field =
        query.aggregations.size() == 1 ? "aggregation" : "aggregations[" + std::to_string(checked.size()) + "]";
    if (aggregation.kind < Aggregation::Kind::avg || aggregation.kind > Aggregation::Kind::stddev) {
      refuse(field, "the aggregation is of no known kind");
    }
    const bool is_quantile = aggregation.kind == Aggregation::Kind::quantile;
    if (is_quantile && !(aggregation.q >= 0 && aggregation.q <= 1)) {
      refuse(field, "the quantile must be a number from 0 to 1");
    }
    aggregation.q = is_quantile ? aggregation.q + 0.0 : 0;  // One form for equal ones: -0 becomes 0.
    if (std::find(checked.begin(), checked.end(), aggregation) != checked.end()) {
      refuse(field, aggregation.name() + " is given twice; give it once");
    }
    checked.push_back(aggregation);
  }
  return checked;
}

std::vector<std::string> group_by(const Query& query) {
  if (query.type == QueryType::range && !query.group_by.empty()) {
    refuse("groupBy", "a range query returns raw samples and takes no groups; leave it out");
  }
  if (query.group_by.size() > kMaxGroupBy) {
    refuse("groupBy", "there are " + std::to_string(query.group_by.size()) + " keys; at most " +
                          std::to_string(kMaxGroupBy) + " are allowed");
  }
  for (auto key = query.group_by.begin(); key != query.group_by.end(); ++key) {
    const std::string field = "groupBy[" + std::to_string(key - query.group_by.begin()) + "]";
    check_key(*key, field);
    if (std::find(query.group_by.begin(), key, *key) != key) {
      refuse(field, model::quote(*key) + " is given twice; give it once");
    }
  }
  return query.group_by;
}

std::optional<std::int64_t> interval_ms(const Query& query, const QueryLimits& limits) {
  if (!query.interval) {
    if (query.type != QueryType::rate) return std::nullopt;
    return kDefaultRateInterval.count();
  }
  if (query.type == QueryType::range) {
    refuse("interval", "a range query returns raw samples and takes no interval; leave it out");
  }
  if (query.interval->count() < 1) refuse("interval", "must be at least 1ms");
  if (*query.interval > limits.max_time_range) {
    refuse("interval", format_duration(*query.interval) + " is too long; at most " +
                           format_duration(limits.max_time_range) + " are allowed");
  }
  return query.interval->count();
}

std::optional<std::size_t> limit(const Query& query, const QueryLimits& limits) {
  const bool is_range = query.type == QueryType::range;
  if (!query.limit) return is_range ? std::optional(limits.max_result_points) : std::nullopt;
  const std::size_t most = is_range ? limits.max_result_points : kMaxGroupLimit;
  if (*query.limit < 1 || *query.limit > most) {
    refuse("limit", std::to_string(*query.limit) + " is out of bounds; give 1 to " + std::to_string(most));
  }
  return query.limit;
}

milliseconds timeout(const Query& query, const QueryLimits& limits) {
  if (!query.timeout) return std::min(limits.default_timeout, limits.max_timeout);
  if (query.timeout->count() <= 0 || *query.timeout > limits.max_timeout) {
    refuse("timeout",
           format_duration(*query.timeout) + " is out of bounds; give 1ms to " + format_duration(limits.max_timeout));
  }
  return *query.timeout;
}

}  // namespace

Plan make_plan(const Query& query, std::string_view tenant, const QueryLimits& limits, std::int64_t now_ms) {
  if (query.type != QueryType::range && query.type != QueryType::aggregate && query.type != QueryType::rate) {
    refuse("queryType", "must be aggregate, range or rate");
  }
  check_metric(query.metric);
  Plan plan;
  plan.type = query.type;
  plan.tenant = tenant;
  plan.metric = query.metric;
  plan.time_range = time_range(query, limits, now_ms);
  plan.matchers = compile(query.filters);
  plan.aggregations = aggregations(query);
  plan.group_by = group_by(query);
  plan.interval_ms = interval_ms(query, limits);
  plan.limit = limit(query, limits);
  plan.ascending = query.ascending;
  plan.timeout = timeout(query, limits);
  plan.limits = limits;
  return plan;
}

}  // namespace luminate::query
