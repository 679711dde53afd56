#include "memory/reference_evaluator.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace luminate::backend {
namespace {

using Group = std::vector<std::string>;

/// What everything is computed in.
using Wide = long double;

/// One sample, in the order in which std::map visits series: ascending by dimensions.
struct Taken {
  std::int64_t timestamp;
  Wide value;
  bool has_previous;  ///< Whether the same series has an earlier sample in the range ...
  std::int64_t previous_timestamp;
  Wide previous_value;  ///< ... which is this.
};

struct Collected {
  std::map<Group, std::vector<Taken>> groups;
  std::uint64_t points_scanned = 0;
};

Group group_of(const query::Plan& plan, const Dimensions& dimensions) {
  Group group;
  for (const std::string& key : plan.group_by) {
    const auto found = dimensions.find(key);
    group.push_back(found == dimensions.end() ? "" : found->second);
  }
  return group;
}

Collected collect(const query::Plan& plan, const SeriesMap& series, const model::Call& call) {
  Collected collected;
  for (const auto& [dimensions, samples] : series) {
    call.check();
    if (!matches_all(plan.matchers, dimensions)) continue;
    const auto [begin, end] = in_range(samples, plan.time_range);
    if (begin == end) continue;
    std::vector<Taken>& group = collected.groups[group_of(plan, dimensions)];
    for (auto at = begin; at != end; ++at) {
      if (++collected.points_scanned % 1000 == 0) call.check();
      const auto previous = at == begin ? at : std::prev(at);
      group.push_back({at->first, static_cast<Wide>(at->second), at != begin, previous->first,
                       static_cast<Wide>(previous->second)});
    }
  }
  if (collected.groups.size() > plan.limits.max_groups) {
    throw Error(ErrorCode::result_limit_exceeded, "the query has more than " + std::to_string(plan.limits.max_groups) +
                                                      " groups; group by fewer dimensions or add filters");
  }
  return collected;
}

double quantile(std::vector<Taken> samples, double q) {
  std::sort(samples.begin(), samples.end(), [](const Taken& a, const Taken& b) { return a.value < b.value; });
  const double position = static_cast<double>(samples.size() - 1) * q;
  const auto rank = static_cast<std::size_t>(position);
  if (rank + 1 >= samples.size()) return static_cast<double>(samples.back().value);
  const Wide lower = samples[rank].value;
  const Wide upper = samples[rank + 1].value;
  return static_cast<double>(lower + (upper - lower) * static_cast<Wide>(position - std::floor(position)));
}

double sum(const std::vector<Taken>& samples) {
  Wide total = 0;
  for (const Taken& sample : samples) total += sample.value;
  return static_cast<double>(total);
}

double stddev(const std::vector<Taken>& samples) {
  const auto count = static_cast<Wide>(samples.size());
  Wide mean = 0;
  for (const Taken& sample : samples) mean += sample.value / count;
  Wide squares = 0;
  for (const Taken& sample : samples) squares += (sample.value - mean) * (sample.value - mean);
  return static_cast<double>(std::sqrt(squares / count));
}

double integral(const std::vector<Taken>& samples) {
  Wide total = 0;
  for (const Taken& sample : samples) {
    if (!sample.has_previous) continue;
    total += sample.value * (static_cast<Wide>(sample.timestamp) - static_cast<Wide>(sample.previous_timestamp)) / 1000;
  }
  return static_cast<double>(total);
}

double increase(const std::vector<Taken>& samples) {
  Wide total = 0;
  for (const Taken& sample : samples) {
    if (!sample.has_previous) continue;
    total += sample.value;
    if (sample.value >= sample.previous_value) total -= sample.previous_value;
  }
  return static_cast<double>(total);
}

// Of equal samples these algorithms return the first one, and series were visited in the order of their dimensions.
bool earlier(const Taken& a, const Taken& b) {
  return a.timestamp < b.timestamp;
}
bool later(const Taken& a, const Taken& b) {
  return a.timestamp > b.timestamp;
}
bool smaller(const Taken& a, const Taken& b) {
  return a.value < b.value;
}

double aggregate(const std::vector<Taken>& samples, const Aggregation& aggregation) {
  switch (aggregation.kind) {
    case Aggregation::Kind::avg:
      return sum(samples) / static_cast<double>(samples.size());
    case Aggregation::Kind::sum:
      return sum(samples);
    case Aggregation::Kind::count:
      return static_cast<double>(samples.size());
    case Aggregation::Kind::min:
      return static_cast<double>(std::min_element(samples.begin(), samples.end(), smaller)->value);
    case Aggregation::Kind::max:
      return static_cast<double>(std::max_element(samples.begin(), samples.end(), smaller)->value);
    case Aggregation::Kind::quantile:
      return quantile(samples, aggregation.q);
    case Aggregation::Kind::integral:
      return integral(samples);
    case Aggregation::Kind::first:
      return static_cast<double>(std::min_element(samples.begin(), samples.end(), earlier)->value);
    case Aggregation::Kind::last:
      return static_cast<double>(std::min_element(samples.begin(), samples.end(), later)->value);
    case Aggregation::Kind::stddev:
      return stddev(samples);
  }
  throw Error(ErrorCode::internal, "no such aggregation");
}

/// Groups by their value, best first; equal ones by key, which is the order they come in. At most plan.limit.
std::vector<Group> ranked(const query::Plan& plan, const std::map<Group, double>& values) {
  std::vector<std::pair<Group, double>> order(values.begin(), values.end());
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    return plan.ascending ? a.second < b.second : a.second > b.second;
  });
  if (plan.limit && *plan.limit < order.size())
    order.erase(order.begin() + static_cast<long>(*plan.limit), order.end());
  std::vector<Group> groups;
  for (auto& [group, value] : order) groups.push_back(std::move(group));
  return groups;
}

/// Samples by bucket and group. @throws Error result_limit_exceeded.
std::map<std::pair<std::int64_t, Group>, std::vector<Taken>> by_bucket(const query::Plan& plan,
                                                                       const Collected& collected) {
  std::map<std::pair<std::int64_t, Group>, std::vector<Taken>> buckets;
  for (const auto& [group, samples] : collected.groups) {
    for (const Taken& sample : samples) {
      if (plan.type == QueryType::rate && !sample.has_previous) continue;
      buckets[{query::bucket_start(sample.timestamp, *plan.interval_ms), group}].push_back(sample);
    }
  }
  if (buckets.size() > plan.limits.max_rows) {
    throw Error(
        ErrorCode::result_limit_exceeded,
        "the answer has more than " + std::to_string(plan.limits.max_rows) +
            " rows (groups x buckets); lengthen the interval, narrow the time range or group by fewer dimensions");
  }
  return buckets;
}

AggregateResult::Row row_of(const query::Plan& plan, std::optional<std::int64_t> bucket, const Group& group,
                            const std::vector<Taken>& samples) {
  AggregateResult::Row row{bucket, group, {}, samples.size()};
  for (const Aggregation& aggregation : plan.aggregations) row.values.push_back(aggregate(samples, aggregation));
  return row;
}

AggregateResult aggregate_answer(const query::Plan& plan, const Collected& collected, const model::Call& call) {
  AggregateResult answer{plan.group_by, plan.aggregations, {}};
  std::map<Group, double> values;
  for (const auto& [group, samples] : collected.groups) {
    call.check();
    values[group] = aggregate(samples, plan.aggregations.front());
  }
  const std::vector<Group> best = ranked(plan, values);
  if (!plan.interval_ms) {
    for (const Group& group : best) {
      call.check();
      answer.rows.push_back(row_of(plan, std::nullopt, group, collected.groups.at(group)));
    }
    return answer;
  }
  const std::set<Group> kept(best.begin(), best.end());
  for (const auto& [key, samples] : by_bucket(plan, collected)) {
    call.check();
    if (kept.count(key.second)) answer.rows.push_back(row_of(plan, key.first, key.second, samples));
  }
  return answer;
}

RateResult rate_answer(const query::Plan& plan, const Collected& collected, const model::Call& call) {
  RateResult answer{plan.group_by, {}};
  const auto buckets = by_bucket(plan, collected);
  std::map<Group, double> totals;
  for (const auto& [key, samples] : buckets) totals[key.second] = increase(collected.groups.at(key.second));
  const std::vector<Group> best = ranked(plan, totals);
  const std::set<Group> kept(best.begin(), best.end());
  for (const auto& [key, samples] : buckets) {
    call.check();
    if (!kept.count(key.second)) continue;
    const double seconds = static_cast<double>(*plan.interval_ms) / 1000;
    answer.rows.push_back({key.first, key.second, increase(samples) / seconds});
  }
  return answer;
}

Result range_answer(const query::Plan& plan, const SeriesMap& series, const model::Call& call) {
  RangeResult answer;
  std::uint64_t matched = 0;
  std::map<std::pair<std::int64_t, Dimensions>, double> samples_in_order;
  for (const auto& [dimensions, samples] : series) {
    if (!matches_all(plan.matchers, dimensions)) continue;
    const auto [begin, end] = in_range(samples, plan.time_range);
    for (auto at = begin; at != end; ++at) {
      if (++matched % 1000 == 0) call.check();
      samples_in_order[{at->first, dimensions}] = at->second;
      if (samples_in_order.size() > *plan.limit) samples_in_order.erase(std::prev(samples_in_order.end()));
    }
  }
  std::map<Dimensions, std::uint32_t> index;
  for (const auto& [key, value] : samples_in_order) {
    const auto [known, fresh] = index.emplace(key.second, static_cast<std::uint32_t>(index.size()));
    if (fresh) answer.series.push_back(key.second);
    answer.series_column.push_back(known->second);
    answer.timestamp_column.push_back(key.first);
    answer.value_column.push_back(value);
  }
  answer.truncated = matched > samples_in_order.size();
  return {std::move(answer), matched, {}};
}

}  // namespace

bool matches_all(std::span<const query::Matcher> matchers, const Dimensions& dimensions) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const query::Matcher& matcher) {
    const auto found = dimensions.find(matcher.key());
    return matcher.matches(found == dimensions.end() ? std::nullopt : std::optional<std::string_view>(found->second));
  });
}

std::pair<Samples::const_iterator, Samples::const_iterator> in_range(const Samples& samples, const TimeRange& range) {
  if (range.start_ms >= range.end_ms) return {samples.end(), samples.end()};
  return {samples.lower_bound(range.start_ms), samples.lower_bound(range.end_ms)};
}

Result evaluate_reference(const query::Plan& plan, const SeriesMap& series, const model::Call& call) {
  call.check();
  if (plan.type == QueryType::range) return range_answer(plan, series, call);
  const Collected collected = collect(plan, series, call);
  if (plan.type == QueryType::rate) return {rate_answer(plan, collected, call), collected.points_scanned, {}};
  return {aggregate_answer(plan, collected, call), collected.points_scanned, {}};
}

}  // namespace luminate::backend
