#include "postgres/pushed_down.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "engine/limits.hpp"
#include "postgres/cells.hpp"

namespace luminate::postgres {
namespace {

using Groups = std::set<std::int64_t>;

std::uint64_t samples_in(const Cells& cells) {
  std::uint64_t samples = 0;
  for (const auto& [key, cell] : cells) samples += cell.count;
  return samples;
}

std::vector<std::int64_t> rank_by_first_value(const Cells& cells, const query::Plan& plan) {
  std::vector<std::pair<std::int64_t, double>> groups;
  for (const auto& [key, cell] : cells) groups.emplace_back(key.second, cell.values.front());
  return rank(std::move(groups), plan);
}

Groups groups_in(const Cells& cells) {
  Groups groups;
  for (const auto& [key, cell] : cells) groups.insert(key.second);
  return groups;
}

/// Whole: without buckets.
Result whole_answer(Transaction& transaction, const QueryScope& scope) {
  const query::Plan& plan = *scope.plan;
  const Cells cells = compute_cells(transaction, scope, plan.aggregations);
  check_limits(transaction, scope, cells);
  const std::vector<std::int64_t> best = rank_by_first_value(cells, plan);
  const auto names = read_group_names(transaction, scope, {best.begin(), best.end()});
  AggregateResult answer{plan.group_by, plan.aggregations, {}};
  for (const std::int64_t group : best) {
    const Cell& cell = cells.at({0, group});
    answer.rows.push_back({std::nullopt, names.at(group), cell.values, cell.count});
  }
  return {std::move(answer), samples_in(cells), {}};
}

/// The groups whose buckets are shown.
Groups best_of(Transaction& transaction, QueryScope scope, const Cells& cells) {
  const query::Plan& plan = *scope.plan;
  Groups all = groups_in(cells);
  if (!plan.limit || *plan.limit >= all.size()) return all;
  scope.buckets = false;
  const Cells whole = compute_cells(transaction, scope, std::span(plan.aggregations).first(1));
  const std::vector<std::int64_t> best = rank_by_first_value(whole, plan);
  return {best.begin(), best.end()};
}

Result bucket_answer(Transaction& transaction, const QueryScope& scope) {
  const query::Plan& plan = *scope.plan;
  Cells cells = compute_cells(transaction, scope, plan.aggregations);
  check_limits(transaction, scope, cells);
  const Groups best = best_of(transaction, scope, cells);
  const auto names = read_group_names(transaction, scope, best);
  AggregateResult answer{plan.group_by, plan.aggregations, {}};
  for (auto& [key, cell] : cells) {
    if (best.count(key.second) == 0) continue;
    answer.rows.push_back({key.first, names.at(key.second), std::move(cell.values), cell.count});
  }
  return {std::move(answer), samples_in(cells), {}};
}

}  // namespace

Result push_down_aggregate(Transaction& transaction, const query::Plan& plan, const QuerySeries& series,
                           bool date_bin) {
  const QueryScope scope{&plan, &series, date_bin, plan.interval_ms.has_value()};
  return scope.buckets ? bucket_answer(transaction, scope) : whole_answer(transaction, scope);
}

Result push_down_rate(Transaction& transaction, const query::Plan& plan, const QuerySeries& series, bool date_bin) {
  const QueryScope scope{&plan, &series, date_bin, true};
  constexpr int kPairs = 6;
  // Each series has one sample without a predecessor, and so adds one cell without a pair at most.
  const std::uint64_t limit = plan.limits.max_rows + 1 + series.at_most();
  const Rows rows = std::move(transaction.run({step_statement(scope, Step::increase, limit)}).front());

  RateResult answer{plan.group_by, {}};
  std::uint64_t samples = 0;
  Groups groups;
  std::map<CellKey, double> increases;
  std::map<std::int64_t, long double> totals;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (row % 1'000 == 0) transaction.call().check();
    const CellKey key = cell_key(scope, rows, row);
    groups.insert(key.second);
    samples += static_cast<std::uint64_t>(rows.integer(row, 2));
    if (rows.integer(row, kPairs) == 0) continue;
    const double increase = read_sum(rows, row, {3});
    increases[key] = increase;
    totals[key.second] += static_cast<long double>(increase);
  }
  if (groups.size() > plan.limits.max_groups) engine::throw_too_many_groups(plan.limits.max_groups);
  if (increases.size() > plan.limits.max_rows) {
    Cells cells;
    for (const auto& [key, increase] : increases) cells[key];
    check_limits(transaction, scope, cells);
  }

  std::vector<std::pair<std::int64_t, double>> ranking;
  for (const auto& [group, total] : totals) ranking.emplace_back(group, static_cast<double>(total));
  const std::vector<std::int64_t> best = rank(std::move(ranking), plan);
  const Groups kept(best.begin(), best.end());
  const auto names = read_group_names(transaction, scope, kept);
  const double seconds = static_cast<double>(*plan.interval_ms) / 1000;
  for (const auto& [key, increase] : increases) {
    if (kept.count(key.second) != 0) answer.rows.push_back({key.first, names.at(key.second), increase / seconds});
  }
  return {std::move(answer), samples, {}};
}

}  // namespace luminate::postgres
