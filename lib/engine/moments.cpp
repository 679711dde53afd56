// stddev, from the sums of the differences to one value of the cell and of their squares. The difference takes a large
// common offset away before anything is squared; two doubles a sum take care of the rest.

#include <cmath>
#include <limits>
#include <vector>

#include "engine/accumulator.hpp"
#include "engine/exact_sum.hpp"
#include "engine/pair.hpp"

namespace luminate::engine {
namespace {

struct Moments {
  bool set = false;
  double shift = 0;  ///< The first value seen.
  ExactSum differences;
  ExactSum squares;
};

/// What rounding took from x * x (Dekker's product). x is split by its bits, which unlike a split by multiplication
/// cannot overflow, and unlike std::fma, a function call on baseline x86-64, stays in vector registers.
Pair square_error(Pair x, Pair square) noexcept {
  const Pair upper = upper_half(x);
  const Pair lower = x - upper;
  return ((upper * upper - square) + 2 * upper * lower) + lower * lower;
}

struct DifferenceTerm {
  const double* values;
  double shift;
  double operator()(std::size_t i) const noexcept { return values[i] - shift; }
  Pair pair(std::size_t i) const noexcept { return load_pair(values + i) - shift; }
};

struct SquareTerm {
  DifferenceTerm difference;
  double operator()(std::size_t i) const noexcept { return difference(i) * difference(i); }
  Pair pair(std::size_t i) const noexcept { return difference.pair(i) * difference.pair(i); }
};

/// The sum of what the squares lost. It is tiny itself, so plain doubles do.
double square_errors(const DifferenceTerm& difference, std::size_t begin, std::size_t end) noexcept {
  Pair errors{};
  std::size_t i = begin;
  for (; i + 2 <= end; i += 2) {
    const Pair x = difference.pair(i);
    errors += square_error(x, x * x);
  }
  if (i < end) {
    const Pair x{difference(i), 0};
    errors += square_error(x, x * x);
  }
  return errors[0] + errors[1];
}

class MomentsOf final : public Accumulator {
 public:
  void resize(std::size_t cells) override { cells_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    const double* values = series.values.data();
    for (const Span& span : spans) {
      Moments& cell = cells_[span.cell];
      if (!cell.set) {
        cell.set = true;
        cell.shift = values[span.begin];
      }
      const DifferenceTerm difference{values, cell.shift};
      cell.differences.merge(sum_terms(span.begin, span.end, difference));
      cell.squares.merge(sum_terms(span.begin, span.end, SquareTerm{difference}));
      cell.squares.add_small(square_errors(difference, span.begin, span.end));
    }
  }

  double value(std::uint32_t index, const Aggregation&, std::uint64_t count, const model::Call&) override {
    const Moments& cell = cells_[index];
    if (!cell.squares.finite() || !cell.differences.finite()) return std::numeric_limits<double>::infinity();
    // count x variance = squares - differences^2 / count, where the two may nearly cancel: so again in two doubles.
    const auto n = static_cast<double>(count);
    const double sum = cell.differences.value();
    const double rest = (cell.differences.high() - sum) + cell.differences.low();
    const double square = sum * sum;
    const double square_low = std::fma(sum, sum, -square) + 2 * sum * rest;
    if (!std::isfinite(square)) return std::numeric_limits<double>::infinity();
    const double quotient = square / n;
    const double quotient_low = (std::fma(-quotient, n, square) + square_low) / n;
    ExactSum deviation = cell.squares;
    deviation.add(-quotient);
    deviation.add(-quotient_low);
    const double total = deviation.value();
    return total > 0 ? std::sqrt(total / n) : 0;
  }

 private:
  std::vector<Moments> cells_;
};

}  // namespace

std::unique_ptr<Accumulator> make_moments() {
  return std::make_unique<MomentsOf>();
}

}  // namespace luminate::engine
