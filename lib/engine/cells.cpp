#include "engine/cells.hpp"

#include <algorithm>

#include "engine/progress.hpp"

namespace luminate::engine {
namespace {

constexpr std::size_t kSamplesOfTask = 262'144;

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

void Cells::add_summary(const RunSummary& run, std::uint32_t rank, std::uint32_t cell) {
  counts_[cell] += run.count;
  for (auto& [statistic, accumulator] : accumulators_) accumulator->add_summary(run, rank, cell);
}

void Cells::merge(Cells& other, std::span<const std::uint32_t> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) counts_[cells[i]] += other.counts_[i];
  for (std::size_t i = 0; i < accumulators_.size(); ++i) {
    accumulators_[i].second->merge(*other.accumulators_[i].second, cells);
  }
}

std::vector<double> Cells::values(std::span<const std::uint32_t> cells, Workers& workers,
                                  const model::Call& call) const {
  // Cuts the list where enough samples have come together to be worth a thread's while.
  std::vector<std::size_t> cuts{0};
  std::size_t samples = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    samples += counts_[cells[i]];
    if (samples < kSamplesOfTask && i + 1 < cells.size()) continue;
    cuts.push_back(i + 1);
    samples = 0;
  }
  const std::size_t width = aggregations_.size();
  std::vector<double> values(size() * width);
  workers.run(cuts.size() - 1, [&](std::size_t task) {
    ValueScratch scratch;
    Progress progress;
    for (const std::uint32_t cell : cells.subspan(cuts[task], cuts[task + 1] - cuts[task])) {
      for (std::size_t i = 0; i < width; ++i) {
        progress.step(counts_[cell], call);
        const Accumulator* const accumulator = of_aggregation_[i];
        values[cell * width + i] = accumulator == nullptr
                                       ? static_cast<double>(counts_[cell])
                                       : accumulator->value(cell, aggregations_[i], counts_[cell], scratch, call);
      }
    }
  });
  return values;
}

std::size_t Cells::memory() const noexcept {
  std::size_t bytes = counts_.capacity() * sizeof(std::uint64_t);
  for (const auto& [statistic, accumulator] : accumulators_) bytes += accumulator->memory();
  return bytes;
}

}  // namespace luminate::engine
