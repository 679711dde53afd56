#include "engine/cells.hpp"

#include <algorithm>

namespace luminate::engine {
namespace {

/// Empty for what the number of samples alone answers.
std::optional<Statistic> statistic_for(Aggregation::Kind kind) {
  switch (kind) {
    case Aggregation::Kind::avg:
    case Aggregation::Kind::sum:
      return Statistic::sum;
    case Aggregation::Kind::count:
      return std::nullopt;
    case Aggregation::Kind::min:
      return Statistic::minimum;
    case Aggregation::Kind::max:
      return Statistic::maximum;
    case Aggregation::Kind::quantile:
      return Statistic::values;
    case Aggregation::Kind::integral:
      return Statistic::integral;
    case Aggregation::Kind::first:
      return Statistic::first;
    case Aggregation::Kind::last:
      return Statistic::last;
    case Aggregation::Kind::stddev:
      return Statistic::moments;
  }
  return std::nullopt;
}

}  // namespace

Cells::Cells(std::vector<Aggregation> aggregations) : aggregations_(std::move(aggregations)) {
  for (const Aggregation& aggregation : aggregations_) {
    const auto statistic = statistic_for(aggregation.kind);
    if (!statistic) {
      of_aggregation_.push_back(nullptr);
      continue;
    }
    auto known = std::find_if(accumulators_.begin(), accumulators_.end(),
                              [&](const auto& entry) { return entry.first == *statistic; });
    if (known == accumulators_.end()) {
      known = accumulators_.emplace(known, *statistic, make_accumulator(*statistic));
    }
    of_aggregation_.push_back(known->second.get());
  }
}

void Cells::resize(std::size_t cells) {
  counts_.resize(cells);
  for (auto& [statistic, accumulator] : accumulators_) accumulator->resize(cells);
}

void Cells::add(const SeriesColumns& series, std::span<const Span> spans) {
  for (const Span& span : spans) counts_[span.cell] += span.end - span.begin;
  for (auto& [statistic, accumulator] : accumulators_) accumulator->add(series, spans);
}

double Cells::value(std::uint32_t cell, std::size_t aggregation, const model::Call& call) {
  const std::uint64_t count = counts_[cell];
  Accumulator* const accumulator = of_aggregation_[aggregation];
  return accumulator ? accumulator->value(cell, aggregations_[aggregation], count, call) : static_cast<double>(count);
}

}  // namespace luminate::engine
