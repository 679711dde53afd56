// Everything that is a sum of one term a sample: sum and avg, integral, and the increase of counters.

#include <type_traits>
#include <vector>

#include "engine/accumulator.hpp"
#include "engine/exact_sum.hpp"
#include "engine/pair.hpp"

namespace luminate::engine {
namespace {

struct ValueTerm {
  static constexpr std::size_t kFirst = 0;
  const double* values;
  explicit ValueTerm(const SeriesColumns& series) : values(series.values.data()) {}

  double operator()(std::size_t i) const noexcept { return values[i]; }
  Pair pair(std::size_t i) const noexcept { return load_pair(values + i); }
};

/// In value x milliseconds, which keeps products of small integers exact. Timestamps become doubles before they are
/// subtracted: exact within 2^53 ms (285,000 years), and beyond that no overflow.
struct IntegralTerm {
  static constexpr std::size_t kFirst = 1;  // The first sample of a series adds nothing.
  const double* values;
  const std::int64_t* timestamps;
  explicit IntegralTerm(const SeriesColumns& series)
      : values(series.values.data()), timestamps(series.timestamps.data()) {}

  double operator()(std::size_t i) const noexcept {
    return values[i] * (static_cast<double>(timestamps[i]) - static_cast<double>(timestamps[i - 1]));
  }
};

struct IncreaseTerm {
  static constexpr std::size_t kFirst = 1;
  const double* values;
  explicit IncreaseTerm(const SeriesColumns& series) : values(series.values.data()) {}

  // A counter that went down was reset, and has counted from 0 since.
  double operator()(std::size_t i) const noexcept {
    return values[i] - (values[i] < values[i - 1] ? 0 : values[i - 1]);
  }
  Pair pair(std::size_t i) const noexcept {
    const Pair current = load_pair(values + i);
    const Pair previous = load_pair(values + i - 1);
    return current - keep(previous, current >= previous);
  }
};

template <typename Term>
class TermSum final : public Accumulator {
 public:
  void resize(std::size_t cells) override { sums_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    const Term term(series);
    for (const Span& span : spans) {
      const std::size_t begin = span.begin < Term::kFirst ? Term::kFirst : span.begin;
      if (begin < span.end) sums_[span.cell].merge(sum_terms(begin, span.end, term));
    }
  }

  void add_summary(const RunSummary& run, std::uint32_t rank, std::uint32_t cell) override {
    if constexpr (std::is_same_v<Term, ValueTerm>) {
      ExactSum sum;
      sum.add(run.sum);
      sum.add_small(run.sum_low);
      sums_[cell].merge(sum);
    } else {
      Accumulator::add_summary(run, rank, cell);
    }
  }

  void merge(Accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<TermSum&>(other).sums_;
    for (std::size_t i = 0; i < cells.size(); ++i) sums_[cells[i]].merge(from[i]);
  }

  std::size_t memory() const noexcept override { return sums_.capacity() * sizeof(ExactSum); }

  double value(std::uint32_t cell, const Aggregation& aggregation, std::uint64_t count, ValueScratch&,
               const model::Call&) const override {
    const double sum = sums_[cell].value();
    switch (aggregation.kind) {
      case Aggregation::Kind::avg:
        return sum / static_cast<double>(count);
      case Aggregation::Kind::integral:
        return sum / 1000.0;
      default:
        return sum;
    }
  }

 private:
  std::vector<ExactSum> sums_;
};

}  // namespace

std::unique_ptr<Accumulator> make_sum() {
  return std::make_unique<TermSum<ValueTerm>>();
}
std::unique_ptr<Accumulator> make_integral() {
  return std::make_unique<TermSum<IntegralTerm>>();
}
std::unique_ptr<Accumulator> make_increase() {
  return std::make_unique<TermSum<IncreaseTerm>>();
}

}  // namespace luminate::engine
