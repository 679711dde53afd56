#pragma once

#include <luminate/metric.hpp>
#include <luminate/result.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "backend/backend.hpp"

namespace luminate::store {

/// Keeps the books of one write: which points of a batch go to the backend, and what is reported of the others.
class AcceptedPoints {
 public:
  /// @param verdicts on bad points, ascending by index. The batch must outlive this.
  AcceptedPoints(const Batch& batch, std::vector<Verdict> verdicts);

  /// The points to store: the batch itself when all are good.
  const Batch& batch() const { return reduced_ ? *reduced_ : *original_; }

  /// Turns the backend's refusals of series into verdicts on their points.
  void refuse(std::span<const backend::Refusal> refusals);

  WriteReport report() &&;

 private:
  const Batch* original_;
  std::vector<Verdict> verdicts_;
  std::optional<Batch> reduced_;
};

}  // namespace luminate::store
