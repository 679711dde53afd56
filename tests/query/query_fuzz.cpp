// Whatever bytes come in: a query, filters, or an Error that says so in one printable line.
#include <luminate/query.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/text.hpp"
#include "query/plan.hpp"

namespace {

constexpr std::int64_t kNow = 1'769'860'800'000;

void demand(bool condition) {
  if (!condition) std::abort();
}

void demand_one_line(const luminate::Error& error) {
  const std::string_view text = error.what();
  demand(!text.empty());
  demand(luminate::model::printable(text, text.size()) == text);
}

void read_query(std::string_view text) {
  try {
    const luminate::Query query = luminate::Query::parse_json(text);
    const luminate::query::Plan plan = luminate::query::make_plan(query, "", luminate::QueryLimits{}, kNow);
    demand(plan.time_range.start_ms < plan.time_range.end_ms);
    demand(plan.limit.value_or(1) > 0 && plan.interval_ms.value_or(1) > 0);
    for (const auto& matcher : plan.matchers) {
      static_cast<void>(matcher.matches(std::nullopt));
      static_cast<void>(matcher.matches("eu-west-1"));
    }
    for (const auto& aggregation : plan.aggregations) {
      demand(luminate::Aggregation::parse(aggregation.name()) == aggregation);
    }
  } catch (const luminate::Error& error) {
    demand_one_line(error);
  }
}

void read_filters(std::string_view text) {
  using Kind = luminate::Filter::Kind;
  try {
    for (const auto& matcher : luminate::query::compile(luminate::parse_filters_json(text))) {
      const luminate::Filter& filter = matcher.filter();
      const bool passes_without = matcher.matches(std::nullopt);
      demand(passes_without == (filter.kind != Kind::any_of && matcher.matches("")));
      if (filter.kind != Kind::any_of && filter.kind != Kind::is_not) continue;
      for (const auto& operand : filter.operands) demand(matcher.matches(operand) == (filter.kind == Kind::any_of));
    }
  } catch (const luminate::Error& error) {
    demand_one_line(error);
  }
}

void read_words(std::string_view text) {
  if (const auto duration = luminate::parse_duration(text)) {
    demand(duration->count() >= 0);
    demand(luminate::parse_duration(luminate::format_duration(*duration)) == duration);
  }
  static_cast<void>(luminate::parse_instant(text));
  if (const auto aggregation = luminate::Aggregation::parse(text)) {
    demand(luminate::Aggregation::parse(aggregation->name()) == aggregation);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_query(text);
  read_filters(text);
  read_words(text);
  return 0;
}
