#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/call.hpp"

namespace luminate::engine {

using Pieces = std::span<const std::span<const double>>;

/// Finds exact quantiles by linear interpolation between the closest ranks (type 7 of Hyndman and Fan, which is numpy's
/// default and SQL's percentile_cont). Keeps its working memory from one call to the next.
class QuantileFinder {
 public:
  /// The q-quantile of the values of all pieces together, of which there is at least one. 0 <= q <= 1.
  double find(Pieces pieces, double q, const model::Call& call);

 private:
  struct Pair {
    double at;     ///< The value of the rank that was asked for ...
    double after;  ///< ... and of the next one.
  };

  Pair select(Pieces pieces, std::size_t size, std::size_t rank, const model::Call& call);
  /// Collects the values in [lower, upper] into candidates_ and returns how many are below them.
  std::size_t collect(Pieces pieces, double lower, double upper, const model::Call& call);
  Pair select_candidate(std::size_t rank, const model::Call& call);

  std::vector<double> sample_;
  std::vector<double> candidates_;
  std::size_t candidate_count_ = 0;
};

}  // namespace luminate::engine
