#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "backend/backend.hpp"

namespace luminate::backend {

/// A cursor over an answer that is there as a whole.
class WholeRange final : public RangeCursor {
 public:
  explicit WholeRange(Result result)
      : samples_(std::move(std::get<RangeResult>(result.data))),
        truncated_(samples_->truncated),
        points_scanned_(result.points_scanned) {}

  std::optional<RangeResult> next() override {
    if (samples_ && samples_->timestamp_column.empty()) samples_.reset();
    return std::exchange(samples_, std::nullopt);
  }
  bool truncated() const override { return truncated_; }
  std::uint64_t points_scanned() const override { return points_scanned_; }

 private:
  std::optional<RangeResult> samples_;
  const bool truncated_;
  const std::uint64_t points_scanned_;
};

}  // namespace luminate::backend
