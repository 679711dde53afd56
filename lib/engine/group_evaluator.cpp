// Aggregations without an interval: one cell a group.

#include <array>
#include <numeric>
#include <utility>

#include "engine/cells.hpp"
#include "engine/evaluators.hpp"
#include "engine/limits.hpp"
#include "engine/make_rows.hpp"
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

  void add_summary(std::uint32_t series, const RunSummary& run, const model::Call& call) override {
    progress_.step(1, call);
    const std::uint32_t cell = seen_.add(selection_.group_of(series));
    if (cell >= cells_.size()) cells_.resize(cell + 1);
    const auto& ranks = selection_.ranks(call);
    cells_.add_summary(run, ranks.empty() ? 0 : ranks[series], cell);
    points_scanned_ += run.count;
  }

  void merge(Evaluator& other, const model::Call& call) override {
    call.check();
    auto& from = static_cast<GroupEvaluator&>(other);
    const std::vector<std::uint32_t> cells = seen_.add(from.seen_);
    cells_.resize(seen_.groups().size());
    cells_.merge(from.cells_, cells);
    points_scanned_ += from.points_scanned_;
  }

  std::size_t memory() const noexcept override { return cells_.memory(); }

  Result finish(Workers& workers, const model::Call& call) override {
    call.check();
    std::vector<std::uint32_t> all(cells_.size());
    std::iota(all.begin(), all.end(), 0U);
    const std::size_t width = plan_.aggregations.size();
    const std::vector<double> values = cells_.values(all, workers, call);
    std::vector<GroupValue> groups;
    groups.reserve(all.size());
    for (const std::uint32_t cell : all) groups.push_back({seen_.groups()[cell], cell, values[cell * width]});
    order_by_value(groups, plan_.limit, plan_.ascending, selection_, workers, call);

    AggregateResult answer{plan_.group_by, plan_.aggregations, {}};
    answer.rows.resize(groups.size());
    make_rows(groups.size(), workers, call, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const GroupValue& group = groups[i];
        AggregateResult::Row& row = answer.rows[i];
        row.group = selection_.group(group.group);
        const double* const first = values.data() + group.cell * width;
        row.values.assign(first, first + width);
        row.count = cells_.count(group.cell);
      }
    });
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
