#include "evaluation.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <random>
#include <span>

#include "engine/evaluator.hpp"
#include "engine/exact_sum.hpp"
#include "model/dimension_set.hpp"

namespace luminate::test {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() && &part == &parts.front() ? "" : ",") + part;
  return text;
}

std::string row_line(const AggregateResult::Row& row) {
  std::string line = row.bucket_ms ? std::to_string(*row.bucket_ms) + " " : "";
  line += joined(row.group) + " =";
  for (const double value : row.values) line += " " + number(value);
  return line + " (" + std::to_string(row.count) + ")";
}

std::string dimensions_text(const Dimensions& dimensions) {
  std::vector<std::string> parts;
  for (const auto& [key, value] : dimensions) parts.push_back(key + "=" + value);
  return joined(parts);
}

query::Plan plan_over_everything(QueryType type) {
  query::Plan plan;
  plan.type = type;
  plan.time_range = {-1'000'000'000, 1'000'000'000};
  return plan;
}

}  // namespace

query::Plan aggregate_plan(std::vector<Aggregation> aggregations, std::vector<std::string> group_by) {
  query::Plan plan = plan_over_everything(QueryType::aggregate);
  plan.aggregations = std::move(aggregations);
  plan.group_by = std::move(group_by);
  return plan;
}

query::Plan rate_plan(std::int64_t interval_ms, std::vector<std::string> group_by) {
  query::Plan plan = plan_over_everything(QueryType::rate);
  plan.interval_ms = interval_ms;
  plan.group_by = std::move(group_by);
  return plan;
}

query::Plan range_plan(std::size_t limit) {
  query::Plan plan = plan_over_everything(QueryType::range);
  plan.limit = limit;
  return plan;
}

namespace {

struct Columns {
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
};

Columns columns_of(const SeriesMap::const_iterator series, TimeRange range) {
  Columns columns;
  const auto [begin, end] = backend::in_range(series->second, range);
  for (auto sample = begin; sample != end; ++sample) {
    columns.timestamps.push_back(sample->first);
    columns.values.push_back(sample->second);
  }
  return columns;
}

bool in_one_bucket(const query::Plan& plan, std::span<const std::int64_t> timestamps) {
  return !plan.interval_ms || query::bucket_start(timestamps.front(), *plan.interval_ms) ==
                                  query::bucket_start(timestamps.back(), *plan.interval_ms);
}

engine::RunSummary summary_of(std::span<const std::int64_t> timestamps, std::span<const double> values) {
  const auto [minimum, maximum] = std::minmax_element(values.begin(), values.end());
  engine::ExactSum sum;
  for (const double value : values) sum.add(value);
  return {.count = values.size(),
          .first_timestamp = timestamps.front(),
          .last_timestamp = timestamps.back(),
          .sum = sum.value(),
          .sum_low = sum.finite() ? (sum.high() - sum.value()) + sum.low() : 0,
          .minimum = *minimum,
          .maximum = *maximum,
          .first = values.front(),
          .last = values.back()};
}

}  // namespace

Result evaluate_with_engine(const query::Plan& plan, const SeriesMap& series, const model::Call& call,
                            std::uint32_t seed) {
  std::vector<SeriesMap::const_iterator> order;
  for (auto it = series.begin(); it != series.end(); ++it) {
    if (backend::matches_all(plan.matchers, it->first)) order.push_back(it);
  }
  std::mt19937 random(seed);
  std::shuffle(order.begin(), order.end(), random);

  engine::Selection selection(plan);
  for (const auto it : order) selection.add(model::canonical_bytes(it->first));
  (void)selection.ranks(call);
  const engine::Demand demand = engine::demand_of(plan);
  engine::NoWorkers workers;
  std::vector<std::unique_ptr<engine::Evaluator>> evaluators;
  for (std::uint32_t i = 0; i < 1 + seed % 3; ++i) evaluators.push_back(engine::make_evaluator(plan, selection));
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const Columns columns = columns_of(order[i], plan.time_range);
    auto timestamps = std::span(columns.timestamps);
    auto values = std::span(columns.values);
    while (!values.empty()) {
      const std::size_t length = demand.whole_series ? values.size() : 1 + random() % values.size();
      engine::Evaluator& evaluator = *evaluators[random() % evaluators.size()];
      const auto times = timestamps.first(length);
      if (demand.summaries && random() % 2 == 0 && in_one_bucket(plan, times)) {
        evaluator.add_summary(i, summary_of(times, values.first(length)), call);
      } else {
        evaluator.add(i, demand.timestamps ? times : std::span<const std::int64_t>(), values.first(length), call);
      }
      timestamps = timestamps.subspan(length);
      values = values.subspan(length);
    }
  }
  for (std::size_t i = 1; i < evaluators.size(); ++i) evaluators[0]->merge(*evaluators[i], call);
  return evaluators[0]->finish(workers, call);
}

std::vector<std::string> lines(const Result& result) {
  std::vector<std::string> lines;
  switch (result.type()) {
    case QueryType::range: {
      const RangeResult& range = result.range();
      for (std::size_t i = 0; i < range.value_column.size(); ++i) {
        lines.push_back(std::to_string(range.timestamp_column[i]) + " " +
                        dimensions_text(range.series[range.series_column[i]]) + " = " + number(range.value_column[i]));
      }
      if (range.truncated) lines.emplace_back("truncated");
      break;
    }
    case QueryType::aggregate:
      for (const auto& row : result.aggregate().rows) lines.push_back(row_line(row));
      break;
    case QueryType::rate:
      for (const auto& row : result.rate().rows) {
        lines.push_back(std::to_string(row.bucket_ms) + " " + joined(row.group) + " = " + number(row.rate));
      }
      break;
  }
  return lines;
}

}  // namespace luminate::test
