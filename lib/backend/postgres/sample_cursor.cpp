#include "postgres/sample_cursor.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "postgres/query_sql.hpp"
#include "postgres/series_dimensions.hpp"

namespace luminate::postgres {
namespace {

/// One sample more than are wanted, to see whether there are more. Series are sorted once, not with each sample.
Statement samples_in_order(const query::Plan& plan, const QuerySeries& series) {
  Statement statement;
  Parameters& parameters = statement.parameters;
  statement.sql = "SELECT s.series_id, s.ts, s.value FROM {schema}.sample AS s JOIN";
  statement.sql += " (SELECT r.id AS series_id, row_number() OVER (ORDER BY r.canonical) AS place";
  statement.sql += " FROM {schema}.series AS r WHERE " + series.condition("r", parameters) + ") AS c";
  statement.sql += " ON c.series_id = s.series_id WHERE " + in_time_range(plan.time_range, "s", parameters);
  statement.sql += " ORDER BY s.ts, c.place LIMIT ";
  statement.sql += parameters.add(static_cast<std::int64_t>(*plan.limit) + 1).last();
  return statement;
}

}  // namespace

SampleCursor::SampleCursor(Transaction transaction, const query::Plan& plan, QuerySeries series)
    : transaction_(std::move(transaction)),
      plan_(&plan),
      series_(std::move(series)),
      rows_(transaction_, samples_in_order(plan, series_)),
      left_(*plan.limit) {}

std::optional<RangeResult> SampleCursor::next() {
  if (over_) return std::nullopt;
  const Rows rows = rows_.next(transaction_);
  const std::size_t count = std::min(rows.size(), left_);
  left_ -= count;
  points_scanned_ += count;
  truncated_ = truncated_ || rows.size() > count;
  if (count == 0) {
    finish();
    return std::nullopt;
  }
  return piece(rows, count);
}

void SampleCursor::finish() {
  over_ = true;
  if (truncated_) {
    const QueryScope scope{plan_, &series_, true, false};
    points_scanned_ = static_cast<std::uint64_t>(transaction_.run({count_statement(scope)}).front().integer(0, 0));
  }
  transaction_.commit();
}

RangeResult SampleCursor::piece(const Rows& rows, std::size_t count) {
  RangeResult piece;
  std::set<std::int64_t> ids;
  for (std::size_t row = 0; row < count; ++row) ids.insert(rows.integer(row, 0));
  std::map<std::int64_t, std::uint32_t> places;
  for (auto& [id, dimensions] : read_dimensions(transaction_, ids)) {
    places.emplace(id, static_cast<std::uint32_t>(piece.series.size()));
    piece.series.push_back(std::move(dimensions));
  }
  piece.series_column.reserve(count);
  piece.timestamp_column.reserve(count);
  piece.value_column.reserve(count);
  for (std::size_t row = 0; row < count; ++row) {
    piece.series_column.push_back(places.at(rows.integer(row, 0)));
    piece.timestamp_column.push_back(rows.time_ms(row, 1));
    piece.value_column.push_back(rows.real(row, 2));
  }
  return piece;
}

}  // namespace luminate::postgres
