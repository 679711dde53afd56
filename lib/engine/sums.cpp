// Everything that is a sum of one term a sample: sum and avg, integral, and the increase of counters.

#include <vector>

#include "engine/accumulator.hpp"
#include "engine/exact_sum.hpp"

namespace luminate::engine {
namespace {

struct ValueTerm {
  static double at(const double* values, const std::int64_t*, std::size_t i) noexcept { return values[i]; }
  static constexpr std::size_t kFirst = 0;
};

/// In value x milliseconds, which keeps products of small integers exact. Timestamps become doubles before they are
/// subtracted: exact within 2^53 ms (285,000 years), and beyond that no overflow.
struct IntegralTerm {
  static double at(const double* values, const std::int64_t* timestamps, std::size_t i) noexcept {
    return values[i] * (static_cast<double>(timestamps[i]) - static_cast<double>(timestamps[i - 1]));
  }
  static constexpr std::size_t kFirst = 1;  // The first sample of a series adds nothing.
};

struct IncreaseTerm {
  static double at(const double* values, const std::int64_t*, std::size_t i) noexcept {
    // A counter that went down was reset, and has counted from 0 since. Written as what is taken away, without a
    // branch, for the sake of vector code.
    return values[i] - (values[i] < values[i - 1] ? 0.0 : values[i - 1]);
  }
  static constexpr std::size_t kFirst = 1;
};

template <typename Term>
class TermSum final : public Accumulator {
 public:
  void resize(std::size_t cells) override { sums_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    const double* values = series.values.data();
    const std::int64_t* timestamps = series.timestamps.data();
    const auto term = [=](std::size_t i) { return Term::at(values, timestamps, i); };
    for (const Span& span : spans) {
      const std::size_t begin = span.begin < Term::kFirst ? Term::kFirst : span.begin;
      if (begin < span.end) sums_[span.cell].merge(sum_terms(begin, span.end, term));
    }
  }

  double value(std::uint32_t cell, const Aggregation& aggregation, std::uint64_t count, const model::Call&) override {
    const double sum = sums_[cell].value();
    switch (aggregation.kind) {
      case Aggregation::Kind::avg: return sum / static_cast<double>(count);
      case Aggregation::Kind::integral: return sum / 1000.0;
      default: return sum;
    }
  }

 private:
  std::vector<ExactSum> sums_;
};

}  // namespace

std::unique_ptr<Accumulator> make_sum() { return std::make_unique<TermSum<ValueTerm>>(); }
std::unique_ptr<Accumulator> make_integral() { return std::make_unique<TermSum<IntegralTerm>>(); }
std::unique_ptr<Accumulator> make_increase() { return std::make_unique<TermSum<IncreaseTerm>>(); }

}  // namespace luminate::engine
