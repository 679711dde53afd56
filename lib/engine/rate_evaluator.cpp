// rate: increases of counters, summed by group and bucket.

#include <algorithm>
#include <array>
#include <utility>

#include "engine/bucket_index.hpp"
#include "engine/evaluators.hpp"
#include "engine/limits.hpp"
#include "engine/make_rows.hpp"
#include "engine/ordering.hpp"

namespace luminate::engine {
namespace {

constexpr Aggregation kSum{Aggregation::Kind::sum, 0};

class RateEvaluator final : public Evaluator {
 public:
  RateEvaluator(const query::Plan& plan, const Selection& selection)
      : plan_(plan),
        selection_(selection),
        seen_(selection.group_count(), plan.limits.max_groups),
        index_(*plan.interval_ms, plan.limits.max_rows),
        increases_(make_increase()),
        totals_(make_increase()),
        ranks_groups_(plan.limit && *plan.limit < selection.group_count()) {}

  void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
           const model::Call& call) override {
    progress_.step(1, call);
    if (values.empty()) return;
    points_scanned_ += values.size();
    const std::uint32_t group = selection_.group_of(series);
    const std::uint32_t number = seen_.add(group);
    if (number >= pairs_.size()) {
      pairs_.resize(number + 1);
      totals_->resize(number + 1);
    }
    pairs_[number] += values.size() - 1;
    const SeriesColumns columns{timestamps, values, 0};
    // From the second sample on: a bucket without a pair gets no cell.
    in_stretches(1, values.size(), progress_, call, [&](std::size_t begin, std::size_t end) {
      spans_.clear();
      index_.split(timestamps, begin, end, group, spans_);
      increases_->resize(index_.cells().size());
      increases_->add(columns, spans_);
      if (ranks_groups_) totals_->add(columns, std::array{Span{number, begin, end}});
    });
  }

  void merge(Evaluator& other, const model::Call& call) override {
    call.check();
    auto& from = static_cast<RateEvaluator&>(other);
    const std::vector<std::uint32_t> numbers = seen_.add(from.seen_);
    pairs_.resize(seen_.groups().size());
    for (std::size_t i = 0; i < numbers.size(); ++i) pairs_[numbers[i]] += from.pairs_[i];
    totals_->resize(pairs_.size());
    totals_->merge(*from.totals_, numbers);
    const std::vector<std::uint32_t> cells = index_.add(from.index_);
    increases_->resize(index_.cells().size());
    increases_->merge(*from.increases_, cells);
    points_scanned_ += from.points_scanned_;
  }

  std::size_t memory() const noexcept override {
    return index_.memory() + increases_->memory() + totals_->memory() + pairs_.capacity() * sizeof(std::uint64_t);
  }

  Result finish(Workers& workers, const model::Call& call) override {
    call.check();
    const auto places = places_by_key(kept_groups(workers, call), selection_, workers, call);
    const auto order = order_by_bucket(index_.cells(), places, workers, call);
    const double seconds = static_cast<double>(*plan_.interval_ms) / 1000.0;

    RateResult answer{plan_.group_by, {}};
    answer.rows.resize(order.size());
    make_rows(order.size(), workers, call, [&](std::size_t begin, std::size_t end) {
      ValueScratch scratch;
      for (std::size_t i = begin; i < end; ++i) {
        const BucketIndex::Cell& cell = index_.cells()[order[i]];
        answer.rows[i] = {cell.bucket_ms, selection_.group(cell.group),
                          increases_->value(order[i], kSum, 1, scratch, call) / seconds};
      }
    });
    return {std::move(answer), points_scanned_, {}};
  }

 private:
  std::vector<std::uint32_t> kept_groups(Workers& workers, const model::Call& call) {
    if (!ranks_groups_) return seen_.groups();
    ValueScratch scratch;
    std::vector<GroupValue> ranking;
    for (std::uint32_t number = 0; number < pairs_.size(); ++number) {
      // A group without a pair has no rate, so it does not take the place of one that has.
      if (pairs_[number] == 0) continue;
      ranking.push_back({seen_.groups()[number], number, totals_->value(number, kSum, 1, scratch, call)});
    }
    return best_groups(std::move(ranking), plan_, selection_, workers, call);
  }

  const query::Plan& plan_;
  const Selection& selection_;
  GroupsSeen seen_;
  BucketIndex index_;
  std::unique_ptr<Accumulator> increases_;  ///< By cell.
  std::unique_ptr<Accumulator> totals_;     ///< By group, where a limit has to choose among them.
  std::vector<std::uint64_t> pairs_;        ///< By group.
  bool ranks_groups_;
  std::vector<Span> spans_;
  Progress progress_;
  std::uint64_t points_scanned_ = 0;
};

}  // namespace

std::unique_ptr<Evaluator> make_rate_evaluator(const query::Plan& plan, const Selection& selection) {
  return std::make_unique<RateEvaluator>(plan, selection);
}

}  // namespace luminate::engine
