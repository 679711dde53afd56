#pragma once

#include <luminate/query.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/accumulator.hpp"
#include "engine/workers.hpp"

namespace luminate::engine {

/// Several aggregations over numbered cells, with what each cell has to remember for them, once.
class Cells {
 public:
  explicit Cells(std::vector<Aggregation> aggregations);

  void resize(std::size_t cells);
  void add(const SeriesColumns& series, std::span<const Span> spans);

  std::size_t size() const noexcept { return counts_.size(); }
  std::uint64_t count(std::uint32_t cell) const { return counts_[cell]; }
  /// Adds a whole run to one cell.
  void add_summary(const RunSummary& run, std::uint32_t rank, std::uint32_t cell);
  /// Takes over other cells with the same aggregations: cell i of theirs becomes part of cells[i] here.
  void merge(Cells& other, std::span<const std::uint32_t> cells);

  /// The values of all aggregations for some cells, ascending, all of which have samples: those of cell c begin at
  /// [c * number of aggregations]. In the order of memory, which for quantiles is many times as fast as that of rows.
  std::vector<double> values(std::span<const std::uint32_t> cells, Workers& workers, const model::Call& call) const;

  std::size_t memory() const noexcept;

 private:
  std::vector<Aggregation> aggregations_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::pair<Statistic, std::unique_ptr<Accumulator>>> accumulators_;
  std::vector<Accumulator*> of_aggregation_;  ///< Null for count.
};

}  // namespace luminate::engine
