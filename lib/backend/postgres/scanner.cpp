#include "postgres/scanner.hpp"

#include <set>

#include "postgres/query_series.hpp"
#include "postgres/query_sql.hpp"
#include "postgres/row_cursor.hpp"
#include "postgres/series_dimensions.hpp"

namespace luminate::postgres {
namespace {

Statement samples_by_series(const backend::ScanRequest& request, const QuerySeries& series) {
  Statement statement;
  statement.sql = "SELECT s.series_id, s.ts, s.value FROM {schema}.sample AS s JOIN {schema}.series AS r";
  statement.sql += " ON r.id = s.series_id WHERE " + series.condition("r", statement.parameters) + " AND ";
  statement.sql += in_time_range(request.time_range, "s", statement.parameters) + " ORDER BY s.series_id, s.ts";
  return statement;
}

void visit_rows(Transaction& transaction, const Rows& rows, const backend::ScanVisitor& visit) {
  std::set<std::int64_t> ids;
  for (std::size_t row = 0; row < rows.size(); ++row) ids.insert(rows.integer(row, 0));
  const auto dimensions = read_dimensions(transaction, ids);
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
  for (std::size_t row = 0; row < rows.size();) {
    const std::int64_t id = rows.integer(row, 0);
    timestamps.clear();
    values.clear();
    for (; row < rows.size() && rows.integer(row, 0) == id; ++row) {
      timestamps.push_back(rows.time_ms(row, 1));
      values.push_back(rows.real(row, 2));
    }
    transaction.call().check();
    visit({dimensions.at(id), timestamps, values});
  }
}

}  // namespace

void scan(Database& database, const backend::ScanRequest& request, const backend::ScanVisitor& visit,
          const model::Call& call) {
  constexpr std::size_t kMemory = 268'435'456;
  // Once samples have been shown there is no second try.
  struct Begun {
    Transaction transaction;
    QuerySeries series;
  };
  Begun begun = database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    QuerySeries series(transaction, request.tenant, request.metric, request.matchers, kMemory);
    return Begun{std::move(transaction), std::move(series)};
  });
  if (begun.series.nothing()) return;
  RowCursor cursor(begun.transaction, samples_by_series(request, begun.series));
  for (Rows rows = cursor.next(begun.transaction); !rows.empty(); rows = cursor.next(begun.transaction)) {
    visit_rows(begun.transaction, rows, visit);
  }
  begun.transaction.commit();
}

}  // namespace luminate::postgres
