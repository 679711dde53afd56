// Aggregations with an interval: one cell a group and bucket.

#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/bucket_index.hpp"
#include "engine/cells.hpp"
#include "engine/evaluators.hpp"
#include "engine/limits.hpp"
#include "engine/make_rows.hpp"
#include "engine/ordering.hpp"

namespace luminate::engine {
namespace {

class BucketEvaluator final : public Evaluator {
 public:
  BucketEvaluator(const query::Plan& plan, const Selection& selection)
      : plan_(plan),
        selection_(selection),
        seen_(selection.group_count(), plan.limits.max_groups),
        index_(*plan.interval_ms, plan.limits.max_rows),
        cells_(plan.aggregations) {
    if (plan.limit && *plan.limit < selection.group_count()) whole_range_.emplace(std::vector{plan.aggregations[0]});
  }

  void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
           const model::Call& call) override {
    progress_.step(1, call);
    if (values.empty()) return;
    const std::uint32_t group = selection_.group_of(series);
    const std::uint32_t number = seen_.add(group);
    if (whole_range_ && number >= whole_range_->size()) whole_range_->resize(number + 1);
    const auto& ranks = selection_.ranks(call);
    const SeriesColumns columns{timestamps, values, ranks.empty() ? 0 : ranks[series]};
    in_stretches(0, values.size(), progress_, call, [&](std::size_t begin, std::size_t end) {
      spans_.clear();
      index_.split(timestamps, begin, end, group, spans_);
      if (cells_.size() < index_.cells().size()) cells_.resize(index_.cells().size());
      cells_.add(columns, spans_);
      if (whole_range_) whole_range_->add(columns, std::array{Span{number, begin, end}});
    });
    points_scanned_ += values.size();
  }

  void add_summary(std::uint32_t series, const RunSummary& run, const model::Call& call) override {
    progress_.step(1, call);
    const std::uint32_t group = selection_.group_of(series);
    const std::uint32_t number = seen_.add(group);
    const auto& ranks = selection_.ranks(call);
    const std::uint32_t rank = ranks.empty() ? 0 : ranks[series];
    const std::uint32_t cell = index_.cell_at(run.first_timestamp, group);
    if (cells_.size() < index_.cells().size()) cells_.resize(index_.cells().size());
    cells_.add_summary(run, rank, cell);
    if (whole_range_) {
      if (number >= whole_range_->size()) whole_range_->resize(number + 1);
      whole_range_->add_summary(run, rank, number);
    }
    points_scanned_ += run.count;
  }

  void merge(Evaluator& other, const model::Call& call) override {
    call.check();
    auto& from = static_cast<BucketEvaluator&>(other);
    const std::vector<std::uint32_t> numbers = seen_.add(from.seen_);
    const std::vector<std::uint32_t> cells = index_.add(from.index_);
    cells_.resize(index_.cells().size());
    cells_.merge(from.cells_, cells);
    if (whole_range_) {
      whole_range_->resize(seen_.groups().size());
      whole_range_->merge(*from.whole_range_, numbers);
    }
    points_scanned_ += from.points_scanned_;
  }

  std::size_t memory() const noexcept override {
    return cells_.memory() + index_.memory() + (whole_range_ ? whole_range_->memory() : 0);
  }

  Result finish(Workers& workers, const model::Call& call) override {
    call.check();
    const auto places = places_by_key(kept_groups(workers, call), selection_, workers, call);
    const auto order = order_by_bucket(index_.cells(), places, workers, call);
    std::vector<std::uint32_t> kept;
    kept.reserve(order.size());
    for (std::uint32_t cell = 0; cell < cells_.size(); ++cell) {
      if (places[index_.cells()[cell].group] != kNoPlace) kept.push_back(cell);
    }
    const std::size_t width = plan_.aggregations.size();
    const std::vector<double> values = cells_.values(kept, workers, call);

    AggregateResult answer{plan_.group_by, plan_.aggregations, {}};
    answer.rows.resize(order.size());
    make_rows(order.size(), workers, call, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t cell = order[i];
        AggregateResult::Row& row = answer.rows[i];
        row.bucket_ms = index_.cells()[cell].bucket_ms;
        row.group = selection_.group(index_.cells()[cell].group);
        const double* const first = values.data() + cell * width;
        row.values.assign(first, first + width);
        row.count = cells_.count(cell);
      }
    });
    return {std::move(answer), points_scanned_, {}};
  }

 private:
  std::vector<std::uint32_t> kept_groups(Workers& workers, const model::Call& call) {
    if (!whole_range_) return seen_.groups();
    std::vector<std::uint32_t> numbers(whole_range_->size());
    std::iota(numbers.begin(), numbers.end(), 0U);
    const std::vector<double> values = whole_range_->values(numbers, workers, call);
    std::vector<GroupValue> ranking;
    for (const std::uint32_t number : numbers) ranking.push_back({seen_.groups()[number], number, values[number]});
    return best_groups(std::move(ranking), plan_, selection_, workers, call);
  }

  const query::Plan& plan_;
  const Selection& selection_;
  GroupsSeen seen_;
  BucketIndex index_;
  Cells cells_;
  std::optional<Cells> whole_range_;  ///< By group, where a limit has to choose among them.
  std::vector<Span> spans_;
  Progress progress_;
  std::uint64_t points_scanned_ = 0;
};

}  // namespace

std::unique_ptr<Evaluator> make_bucket_evaluator(const query::Plan& plan, const Selection& selection) {
  return std::make_unique<BucketEvaluator>(plan, selection);
}

}  // namespace luminate::engine
