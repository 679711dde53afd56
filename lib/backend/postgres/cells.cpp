#include "postgres/cells.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/limits.hpp"
#include "postgres/pushed_down.hpp"

namespace luminate::postgres {
namespace {

using Kind = Aggregation::Kind;

/// How many times as much as their sum the magnitudes of values may be.
constexpr double kMostCancelled = 100;
/// Relative.
constexpr double kDeviationError = 1e-10;

double real_or_zero(const Rows& rows, std::size_t row, int column) {
  return rows.null(row, column) ? 0 : rows.real(row, column);
}

bool is_summary(Kind kind) {
  return kind == Kind::count || kind == Kind::sum || kind == Kind::avg || kind == Kind::min || kind == Kind::max ||
         kind == Kind::stddev;
}

bool any(std::span<const Aggregation> aggregations, std::initializer_list<Kind> kinds) {
  return std::any_of(aggregations.begin(), aggregations.end(), [&](const Aggregation& aggregation) {
    return std::find(kinds.begin(), kinds.end(), aggregation.kind) != kinds.end();
  });
}

/// Rounding errors of a deviation grow with what is common to all values, and with their number.
double read_deviation(const Rows& rows, std::size_t row, const SummaryColumns& columns, double count) {
  const double minimum = rows.real(row, columns.minimum());
  const double maximum = rows.real(row, columns.maximum());
  if (minimum == maximum) return 0;
  const double deviation = rows.real(row, columns.deviation_column());
  const double largest = std::max(std::abs(minimum), std::abs(maximum));
  const double error = std::numeric_limits<double>::epsilon() * std::sqrt(count) * largest;
  if (!(error <= kDeviationError * deviation)) throw NotExact{};
  return deviation;
}

double read_summary(const Rows& rows, std::size_t row, const SummaryColumns& columns, Kind kind) {
  const auto count = static_cast<double>(rows.integer(row, 2));
  switch (kind) {
    case Kind::count:
      return count;
    case Kind::sum:
      return read_sum(rows, row, columns.sum);
    case Kind::avg:
      return read_sum(rows, row, columns.sum) / count;
    case Kind::min:
      return rows.real(row, columns.minimum());
    case Kind::max:
      return rows.real(row, columns.maximum());
    default:
      return read_deviation(rows, row, columns, count);
  }
}

/// A statement, and which aggregations it is for.
struct Part {
  Statement statement;
  bool counts = true;
  SummaryColumns columns{};
  std::vector<std::size_t> aggregations{};
};

std::vector<Part> parts_of(const QueryScope& scope, std::span<const Aggregation> aggregations, std::uint64_t limit) {
  Part summary;
  Part quantiles;
  std::vector<double> qs;
  std::vector<Part> others;
  for (std::size_t i = 0; i < aggregations.size(); ++i) {
    const Kind kind = aggregations[i].kind;
    if (is_summary(kind)) {
      summary.aggregations.push_back(i);
    } else if (kind == Kind::quantile) {
      quantiles.aggregations.push_back(i);
      qs.push_back(aggregations[i].q);
    } else if (kind == Kind::integral) {
      others.push_back({.statement = step_statement(scope, Step::integral, limit), .aggregations = {i}});
    } else {
      const End end = kind == Kind::first ? End::first : End::last;
      others.push_back({.statement = end_statement(scope, end, limit), .counts = false, .aggregations = {i}});
    }
  }
  std::vector<Part> parts;
  const bool counted = !qs.empty() || std::any_of(others.begin(), others.end(), [](const Part& p) { return p.counts; });
  if (!summary.aggregations.empty() || !counted) {
    summary.columns.sums = any(aggregations, {Kind::sum, Kind::avg});
    summary.columns.deviation = any(aggregations, {Kind::stddev});
    summary.columns.extremes = summary.columns.deviation || any(aggregations, {Kind::min, Kind::max});
    summary.statement = summary_statement(scope, summary.columns, limit);
    parts.push_back(std::move(summary));
  }
  if (!qs.empty()) {
    quantiles.statement = quantile_statement(scope, qs, limit);
    parts.push_back(std::move(quantiles));
  }
  std::move(others.begin(), others.end(), std::back_inserter(parts));
  return parts;
}

double read_value(const Rows& rows, std::size_t row, const Part& part, std::size_t which, Kind kind) {
  if (is_summary(kind)) return read_summary(rows, row, part.columns, kind);
  // Without a pair of samples there are no terms, and their sum is null.
  if (kind == Kind::integral) return rows.null(row, 3) ? 0 : read_sum(rows, row, {3});
  const double value = rows.real(row, 3 + static_cast<int>(which));
  if (!std::isfinite(value)) throw NotExact{};  // A quantile between two values that are very far apart.
  return value;
}

std::uint64_t limit_of(const QueryScope& scope) {
  return std::uint64_t{scope.buckets ? scope.plan->limits.max_rows : scope.plan->limits.max_groups} + 1;
}

}  // namespace

double read_sum(const Rows& rows, std::size_t row, SumColumns columns) {
  const double sum = rows.real(row, columns.first) + rows.real(row, columns.first + 1);
  const double negative = real_or_zero(rows, row, columns.first + 2);
  const double magnitudes = sum - 2 * negative;
  if (!(magnitudes <= kMostCancelled * std::abs(sum)) || !std::isfinite(magnitudes)) throw NotExact{};
  return sum;
}

CellKey cell_key(const QueryScope& scope, const Rows& rows, std::size_t row) {
  const std::int64_t group = rows.integer(row, 0);
  if (!scope.buckets) return {0, group};
  if (const auto bucket = only_bucket(*scope.plan)) return {*bucket, group};
  return {rows.time_ms(row, 1), group};
}

Cells compute_cells(Transaction& transaction, const QueryScope& scope, std::span<const Aggregation> aggregations) {
  std::vector<Part> parts = parts_of(scope, aggregations, limit_of(scope));
  std::vector<Statement> statements;
  for (Part& part : parts) statements.push_back(std::move(part.statement));
  const std::vector<Rows> answers = transaction.run(std::move(statements));

  Cells cells;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const Rows& rows = answers[p];
    for (std::size_t row = 0; row < rows.size(); ++row) {
      if (row % 1'000 == 0) transaction.call().check();
      Cell& cell = cells[cell_key(scope, rows, row)];
      cell.values.resize(aggregations.size());
      if (parts[p].counts) cell.count = static_cast<std::uint64_t>(rows.integer(row, 2));
      const std::vector<std::size_t>& columns = parts[p].aggregations;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        cell.values[columns[i]] = read_value(rows, row, parts[p], i, aggregations[columns[i]].kind);
      }
    }
    // Then each statement may have taken others, and the caller wants to know no more.
    if (cells.size() >= limit_of(scope)) break;
  }
  return cells;
}

void check_limits(Transaction& transaction, const QueryScope& scope, const Cells& cells) {
  const QueryLimits& limits = scope.plan->limits;
  std::set<std::int64_t> groups;
  for (const auto& [key, cell] : cells) groups.insert(key.second);
  std::uint64_t group_count = groups.size();
  if (scope.buckets && cells.size() > limits.max_rows && group_count <= limits.max_groups) {
    QueryScope whole = scope;
    whole.buckets = false;
    group_count = transaction.run({summary_statement(whole, {}, limits.max_groups + 1)}).front().size();
  }
  if (group_count > limits.max_groups) engine::throw_too_many_groups(limits.max_groups);
  if (scope.buckets && cells.size() > limits.max_rows) engine::throw_too_many_rows(limits.max_rows);
}

std::map<std::int64_t, std::vector<std::string>> read_group_names(Transaction& transaction, const QueryScope& scope,
                                                                  const std::set<std::int64_t>& groups) {
  std::map<std::int64_t, std::vector<std::string>> names;
  if (groups.empty()) return names;
  const std::size_t keys = scope.plan->group_by.size();
  if (keys == 0) return {{*groups.begin(), {}}};
  const std::vector<std::int64_t> numbers(groups.begin(), groups.end());
  const Rows rows = std::move(transaction.run({group_names(scope, numbers)}).front());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    std::vector<std::string>& values = names[rows.integer(row, 0)];
    for (std::size_t key = 0; key < keys; ++key) values.emplace_back(rows.text(row, static_cast<int>(key) + 1));
  }
  return names;
}

std::vector<std::int64_t> rank(std::vector<std::pair<std::int64_t, double>> groups, const query::Plan& plan) {
  std::sort(groups.begin(), groups.end(), [&](const auto& a, const auto& b) {
    if (a.second != b.second) return plan.ascending ? a.second < b.second : a.second > b.second;
    return a.first < b.first;
  });
  if (plan.limit && *plan.limit < groups.size()) groups.resize(*plan.limit);
  std::vector<std::int64_t> best;
  for (const auto& [group, value] : groups) best.push_back(group);
  return best;
}

}  // namespace luminate::postgres
