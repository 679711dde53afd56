// Aggregations without an interval: one cell a group.

#include <array>
#include <utility>

#include "engine/cells.hpp"
#include "engine/evaluators.hpp"
#include "engine/limits.hpp"
#include "engine/ordering.hpp"

namespace luminate::engine {
namespace {

class GroupEvaluator final : public Evaluator {
 public:
  GroupEvaluator(const query::Plan& plan, const Selection& selection)
      : plan_(plan),
        selection_(selection),
        seen_(selection.group_count(), plan.limits.max_groups),
        cells_(plan.aggregations) {}

  void add(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values,
           const model::Call& call) override {
    progress_.step(1, call);
    if (values.empty()) return;
    const std::uint32_t cell = seen_.add(selection_.group_of(series));
    if (cell >= cells_.size()) cells_.resize(cell + 1);
    const auto& ranks = selection_.ranks(call);
    const SeriesColumns columns{timestamps, values, ranks.empty() ? 0 : ranks[series]};
    in_stretches(0, values.size(), progress_, call, [&](std::size_t begin, std::size_t end) {
      cells_.add(columns, std::array{Span{cell, begin, end}});
    });
    points_scanned_ += values.size();
  }

  Result finish(const model::Call& call) override {
    call.check();
    std::vector<GroupValue> groups;
    for (std::uint32_t cell = 0; cell < cells_.size(); ++cell) {
      progress_.step(cells_.count(cell), call);
      groups.push_back({seen_.groups()[cell], cell, cells_.value(cell, 0, call)});
    }
    order_by_value(groups, plan_.limit, plan_.ascending, selection_, call);

    AggregateResult answer{plan_.group_by, plan_.aggregations, {}};
    answer.rows.reserve(groups.size());
    for (const GroupValue& group : groups) {
      AggregateResult::Row& row = answer.rows.emplace_back();
      row.group = selection_.group(group.group);
      row.values.push_back(group.value);
      for (std::size_t i = 1; i < plan_.aggregations.size(); ++i) {
        progress_.step(cells_.count(group.cell), call);
        row.values.push_back(cells_.value(group.cell, i, call));
      }
      row.count = cells_.count(group.cell);
    }
    return {std::move(answer), points_scanned_, {}};
  }

 private:
  const query::Plan& plan_;
  const Selection& selection_;
  GroupsSeen seen_;
  Cells cells_;
  Progress progress_;
  std::uint64_t points_scanned_ = 0;
};

}  // namespace

std::unique_ptr<Evaluator> make_group_evaluator(const query::Plan& plan, const Selection& selection) {
  return std::make_unique<GroupEvaluator>(plan, selection);
}

}  // namespace luminate::engine
