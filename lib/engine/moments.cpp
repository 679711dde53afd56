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
  std::uint64_t count = 0;
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

/// Adds moments around another shift. With d the distance of the shifts, sum(x + d) = sum(x) + n d and
/// sum((x + d)^2) = sum(x^2) + 2 d sum(x) + n d^2: again each product in two doubles.
void add_shifted(Moments& to, const Moments& from) {
  const double d = from.shift - to.shift;
  const double part = d - from.shift;
  const double d_low = (from.shift - (d - part)) - (to.shift + part);
  const auto n = static_cast<double>(from.count);
  const double nd = n * d;
  const double nd_low = std::fma(n, d, -nd) + n * d_low;
  const double sum = from.differences.high();

  to.squares.merge(from.squares);
  const double square = nd * d;
  to.squares.add(square);
  to.squares.add_small(std::fma(nd, d, -square) + nd_low * d + nd * d_low);
  const double mixed = 2 * d * sum;
  to.squares.add(mixed);
  to.squares.add_small(std::fma(2 * d, sum, -mixed) + 2 * d * from.differences.low() + 2 * d_low * sum);

  to.differences.merge(from.differences);
  to.differences.add(nd);
  to.differences.add_small(nd_low);
  to.count += from.count;
}

class MomentsOf final : public Accumulator {
 public:
  void resize(std::size_t cells) override { cells_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    const double* values = series.values.data();
    for (const Span& span : spans) {
      Moments& cell = cells_[span.cell];
      if (cell.count == 0) cell.shift = values[span.begin];
      cell.count += span.end - span.begin;
      const DifferenceTerm difference{values, cell.shift};
      cell.differences.merge(sum_terms(span.begin, span.end, difference));
      cell.squares.merge(sum_terms(span.begin, span.end, SquareTerm{difference}));
      cell.squares.add_small(square_errors(difference, span.begin, span.end));
    }
  }

  void merge(Accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<MomentsOf&>(other).cells_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Moments& cell = cells_[cells[i]];
      if (cell.count == 0) {
        cell = from[i];
      } else if (from[i].count > 0) {
        add_shifted(cell, from[i]);
      }
    }
  }

  std::size_t memory() const noexcept override { return cells_.capacity() * sizeof(Moments); }

  double value(std::uint32_t index, const Aggregation&, std::uint64_t count, ValueScratch&,
               const model::Call&) const override {
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
