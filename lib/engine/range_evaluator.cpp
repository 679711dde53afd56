// range: the first samples in the order of timestamps and dimensions.

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "engine/checked_order.hpp"
#include "engine/evaluators.hpp"
#include "model/dimension_set.hpp"

namespace luminate::engine {
namespace {

struct Candidate {
  std::int64_t timestamp;
  std::uint32_t rank;
  std::uint32_t series;
  double value;
};

constexpr auto kEarlier = [](const Candidate& a, const Candidate& b) {
  return a.timestamp != b.timestamp ? a.timestamp < b.timestamp : a.rank < b.rank;
};

/// Keeps up to twice the limit. When that is full, the later half goes, and with it whatever comes later than the rest.
class RangeEvaluator final : public Evaluator {
 public:
  RangeEvaluator(const query::Plan& plan, const Selection& selection)
      : selection_(selection), limit_(plan.limit.value_or(plan.limits.max_result_points)) {}

  void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
           const model::Call& call) override {
    points_scanned_ += values.size();
    progress_.step(1, call);
    if (limit_ == 0 || values.empty()) return;
    const std::uint32_t rank = selection_.ranks(call)[series];
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Candidate candidate{timestamps[i], rank, series, values[i]};
      // All further samples of this series are later still.
      if (full_ && !kEarlier(candidate, latest_)) return;
      candidates_.push_back(candidate);
      progress_.step(1, call);
      if (candidates_.size() >= std::max(2 * limit_, kFewest)) trim(call);
    }
  }

  void merge(Evaluator& other, const model::Call& call) override {
    auto& from = static_cast<RangeEvaluator&>(other);
    points_scanned_ += from.points_scanned_;
    candidates_.insert(candidates_.end(), from.candidates_.begin(), from.candidates_.end());
    if (candidates_.size() >= std::max(2 * limit_, kFewest)) trim(call);
  }

  std::size_t memory() const noexcept override { return candidates_.capacity() * sizeof(Candidate); }

  Result finish(Workers&, const model::Call& call) override {
    call.check();
    if (candidates_.size() > limit_) trim(call);
    std::uint32_t steps = 0;
    std::sort(candidates_.begin(), candidates_.end(), CheckedOrder(kEarlier, call, steps));

    RangeResult answer;
    answer.truncated = points_scanned_ > candidates_.size();
    std::unordered_map<std::uint32_t, std::uint32_t> index;
    for (const Candidate& candidate : candidates_) {
      progress_.step(1, call);
      const auto [known, fresh] = index.emplace(candidate.series, static_cast<std::uint32_t>(answer.series.size()));
      if (fresh) answer.series.push_back(model::dimensions_from(selection_.dimensions(candidate.series)));
      answer.series_column.push_back(known->second);
      answer.timestamp_column.push_back(candidate.timestamp);
      answer.value_column.push_back(candidate.value);
    }
    return {std::move(answer), points_scanned_, {}};
  }

 private:
  static constexpr std::size_t kFewest = 1024;  // So that a limit of one does not trim all the time.

  void trim(const model::Call& call) {
    const auto last = candidates_.begin() + static_cast<std::ptrdiff_t>(limit_ - 1);
    std::uint32_t steps = 0;
    std::nth_element(candidates_.begin(), last, candidates_.end(), CheckedOrder(kEarlier, call, steps));
    latest_ = *last;
    full_ = true;
    candidates_.resize(limit_, latest_);
  }

  const Selection& selection_;
  std::size_t limit_;
  std::vector<Candidate> candidates_;
  bool full_ = false;
  Candidate latest_{};  ///< The last of those within the limit, once that many are there.
  Progress progress_;
  std::uint64_t points_scanned_ = 0;
};

}  // namespace

std::unique_ptr<Evaluator> make_range_evaluator(const query::Plan& plan, const Selection& selection) {
  return std::make_unique<RangeEvaluator>(plan, selection);
}

}  // namespace luminate::engine
