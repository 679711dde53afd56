// min and max.

#include <array>
#include <limits>
#include <vector>

#include "engine/accumulator.hpp"

namespace luminate::engine {
namespace {

struct Smaller {
  static double of(double a, double b) noexcept { return b < a ? b : a; }
  static double of_run(const RunSummary& run) noexcept { return run.minimum; }
  static constexpr double kStart = std::numeric_limits<double>::infinity();
};

struct Larger {
  static double of(double a, double b) noexcept { return a < b ? b : a; }
  static double of_run(const RunSummary& run) noexcept { return run.maximum; }
  static constexpr double kStart = -std::numeric_limits<double>::infinity();
};

template <typename Choice>
class Extreme final : public Accumulator {
 public:
  void resize(std::size_t cells) override { extremes_.resize(cells, Choice::kStart); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    for (const Span& span : spans) {
      double& extreme = extremes_[span.cell];
      extreme = Choice::of(extreme, over(series.values.data() + span.begin, span.end - span.begin));
    }
  }

  void add_summary(const RunSummary& run, std::uint32_t, std::uint32_t cell) override {
    extremes_[cell] = Choice::of(extremes_[cell], Choice::of_run(run));
  }

  void merge(Accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<Extreme&>(other).extremes_;
    for (std::size_t i = 0; i < cells.size(); ++i) extremes_[cells[i]] = Choice::of(extremes_[cells[i]], from[i]);
  }

  std::size_t memory() const noexcept override { return extremes_.capacity() * sizeof(double); }

  double value(std::uint32_t cell, const Aggregation&, std::uint64_t, ValueScratch&,
               const model::Call&) const override {
    return extremes_[cell];
  }

 private:
  static double over(const double* values, std::size_t size) noexcept {
    constexpr std::size_t kLanes = 8;  // Independent of each other, so that they become vectors.
    double extreme = Choice::kStart;
    std::size_t i = 0;
    if (size >= kLanes) {
      std::array<double, kLanes> lanes;
      lanes.fill(Choice::kStart);
      for (; i + kLanes <= size; i += kLanes) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] = Choice::of(lanes[lane], values[i + lane]);
      }
      for (const double lane : lanes) extreme = Choice::of(extreme, lane);
    }
    for (; i < size; ++i) extreme = Choice::of(extreme, values[i]);
    return extreme;
  }

  std::vector<double> extremes_;
};

}  // namespace

std::unique_ptr<Accumulator> make_minimum() {
  return std::make_unique<Extreme<Smaller>>();
}
std::unique_ptr<Accumulator> make_maximum() {
  return std::make_unique<Extreme<Larger>>();
}

}  // namespace luminate::engine
