#pragma once

#include <luminate/error.hpp>
#include <luminate/query.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/quantile.hpp"
#include "engine/run_summary.hpp"
#include "model/call.hpp"

namespace luminate::engine {

/// Samples of one series, and its place among all series ordered by dimensions (0 where the query needs none).
struct SeriesColumns {
  std::span<const std::int64_t> timestamps;
  std::span<const double> values;
  std::uint32_t rank = 0;
};

/// Samples [begin, end) of one series, which belong to one cell: a group, or a group's bucket.
struct Span {
  std::uint32_t cell = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// What has to be remembered of the samples of a cell. Several aggregations may share one.
enum class Statistic { sum, minimum, maximum, values, integral, first, last, moments, increase };

/// Working memory for reading values off cells, one a thread.
struct ValueScratch {
  QuantileFinder finder;
  std::vector<std::span<const double>> pieces;
};

/// One statistic of every cell. Cells are numbered from 0; resize() makes room for new ones before they are used.
/// add() gets all spans of a series (or of a stretch of it) at once, so that its inner loops run over plain columns.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  virtual void resize(std::size_t cells) = 0;
  virtual void add(const SeriesColumns& series, std::span<const Span> spans) = 0;

  /// Adds whole runs, of which a summary says enough; demand_of() tells for which queries.
  virtual void add_summary(const RunSummary& /*run*/, std::uint32_t /*rank*/, std::uint32_t /*cell*/) {
    throw Error(ErrorCode::internal, "this statistic cannot be read off summaries");
  }

  /// Takes over what `other`, of the same kind, gathered: its cell i becomes part of cells[i] here.
  virtual void merge(Accumulator& other, std::span<const std::uint32_t> cells) = 0;

  /// Bytes that are kept.
  virtual std::size_t memory() const noexcept = 0;

  /// Any number of threads may read values side by side. @param count the samples of the cell, never 0.
  virtual double value(std::uint32_t cell, const Aggregation& aggregation, std::uint64_t count, ValueScratch& scratch,
                       const model::Call& call) const = 0;
};

std::unique_ptr<Accumulator> make_accumulator(Statistic statistic);

// One maker for each file of accumulators.
std::unique_ptr<Accumulator> make_sum();
std::unique_ptr<Accumulator> make_integral();
std::unique_ptr<Accumulator> make_increase();
std::unique_ptr<Accumulator> make_minimum();
std::unique_ptr<Accumulator> make_maximum();
std::unique_ptr<Accumulator> make_first();
std::unique_ptr<Accumulator> make_last();
std::unique_ptr<Accumulator> make_moments();
std::unique_ptr<Accumulator> make_values();

}  // namespace luminate::engine
