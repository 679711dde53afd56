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

namespace luminate::engine {

/// Several aggregations over numbered cells, with what each cell has to remember for them, once.
class Cells {
 public:
  explicit Cells(std::vector<Aggregation> aggregations);

  void resize(std::size_t cells);
  void add(const SeriesColumns& series, std::span<const Span> spans);

  std::size_t size() const noexcept { return counts_.size(); }
  std::uint64_t count(std::uint32_t cell) const { return counts_[cell]; }
  /// @pre the cell has samples.
  double value(std::uint32_t cell, std::size_t aggregation, const model::Call& call);

 private:
  std::vector<Aggregation> aggregations_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::pair<Statistic, std::unique_ptr<Accumulator>>> accumulators_;
  std::vector<Accumulator*> of_aggregation_;  ///< Null for count.
};

}  // namespace luminate::engine
