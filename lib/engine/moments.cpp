// stddev, from the sums of the differences to one value of the cell and of their squares. The difference takes a large
// common offset away before anything is squared; two doubles a sum take care of the rest.

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/accumulator.hpp"
#include "engine/exact_sum.hpp"

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
double square_error(double x, double square) noexcept {
  const double upper = std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) & ~std::uint64_t{0x7FFFFFF});
  const double lower = x - upper;
  return ((upper * upper - square) + 2 * upper * lower) + lower * lower;
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
      const double shift = cell.shift;
      const auto difference = [=](std::size_t i) { return values[i] - shift; };
      const auto square = [=](std::size_t i) { return (values[i] - shift) * (values[i] - shift); };
      const auto error = [=](std::size_t i) {
        const double x = values[i] - shift;
        return square_error(x, x * x);
      };
      cell.differences.merge(sum_terms(span.begin, span.end, difference));
      cell.squares.merge(sum_terms(span.begin, span.end, square));
      cell.squares.merge(sum_terms(span.begin, span.end, error));
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
    const double square_low = square_error(sum, square) + 2 * sum * rest;
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

std::unique_ptr<Accumulator> make_moments() { return std::make_unique<MomentsOf>(); }

}  // namespace luminate::engine
