#include "store/accepted_points.hpp"

#include <algorithm>
#include <utility>

namespace luminate::store {
namespace {

/// A copy without the given points. It keeps the numbering of series, those without points included.
Batch without(const Batch& batch, const std::vector<Verdict>& verdicts) {
  std::vector<std::size_t> bad;
  bad.reserve(verdicts.size());
  for (const Verdict& verdict : verdicts) bad.push_back(verdict.index);
  Batch kept = batch;
  kept.remove_points(bad);
  return kept;
}

}  // namespace

AcceptedPoints::AcceptedPoints(const Batch& batch, std::vector<Verdict> verdicts)
    : original_(&batch), verdicts_(std::move(verdicts)) {
  if (!verdicts_.empty()) reduced_ = without(batch, verdicts_);
}

void AcceptedPoints::refuse(std::span<const backend::Refusal> refusals) {
  if (refusals.empty()) return;
  std::vector<const backend::Refusal*> refusal_of(original_->series_count(), nullptr);
  for (const auto& refusal : refusals) refusal_of[refusal.series] = &refusal;
  // Points that were bad by themselves have their verdict already.
  std::vector<bool> judged(original_->size(), false);
  for (const auto& verdict : verdicts_) judged[verdict.index] = true;

  const auto series = original_->series_column();
  for (std::size_t i = 0; i < series.size(); ++i) {
    const backend::Refusal* refusal = refusal_of[series[i]];
    if (refusal == nullptr || judged[i]) continue;
    verdicts_.push_back({.index = i,
                         .metric = std::string(original_->metric_name(original_->series_at(series[i]).metric)),
                         .code = ErrorCode::cardinality_exceeded,
                         .message = refusal->message});
  }
  std::sort(verdicts_.begin(), verdicts_.end(), [](const Verdict& a, const Verdict& b) { return a.index < b.index; });
}

WriteReport AcceptedPoints::report() && {
  WriteReport report;
  report.rejected = verdicts_.size();
  report.accepted = original_->size() - report.rejected;
  report.errors = std::move(verdicts_);
  return report;
}

}  // namespace luminate::store
