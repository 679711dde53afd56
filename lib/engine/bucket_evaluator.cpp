// Aggregations with an interval: one cell a group and bucket.

#include <array>
#include <optional>
#include <utility>

#include "engine/bucket_index.hpp"
#include "engine/cells.hpp"
#include "engine/evaluators.hpp"
#include "engine/limits.hpp"
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

  Result finish(const model::Call& call) override {
    call.check();
    const auto places = places_by_key(kept_groups(call), selection_, call);
    const auto order = order_by_bucket(index_.cells(), places, call);

    // Values in the order of cells, which is that of memory, not in the order of rows: many times as fast for
    // quantiles.
    const std::size_t width = plan_.aggregations.size();
    std::vector<double> values(cells_.size() * width);
    for (std::uint32_t cell = 0; cell < cells_.size(); ++cell) {
      if (places[index_.cells()[cell].group] == kNoPlace) continue;
      for (std::size_t i = 0; i < width; ++i) {
        progress_.step(cells_.count(cell), call);
        values[cell * width + i] = cells_.value(cell, i, call);
      }
    }

    AggregateResult answer{plan_.group_by, plan_.aggregations, {}};
    answer.rows.reserve(order.size());
    for (const std::uint32_t cell : order) {
      constexpr std::size_t kRowCost = 16;  // In samples: strings and vectors are allocated.
      progress_.step(kRowCost, call);
      AggregateResult::Row& row = answer.rows.emplace_back();
      row.bucket_ms = index_.cells()[cell].bucket_ms;
      row.group = selection_.group(index_.cells()[cell].group);
      const double* const first = values.data() + cell * width;
      row.values.assign(first, first + width);
      row.count = cells_.count(cell);
    }
    return {std::move(answer), points_scanned_, {}};
  }

 private:
  std::vector<std::uint32_t> kept_groups(const model::Call& call) {
    if (!whole_range_) return seen_.groups();
    std::vector<GroupValue> ranking;
    for (std::uint32_t number = 0; number < whole_range_->size(); ++number) {
      progress_.step(whole_range_->count(number), call);
      ranking.push_back({seen_.groups()[number], number, whole_range_->value(number, 0, call)});
    }
    order_by_value(ranking, plan_.limit, plan_.ascending, selection_, call);
    std::vector<std::uint32_t> kept;
    for (const GroupValue& group : ranking) kept.push_back(group.group);
    return kept;
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
