#include "postgres/row_cursor.hpp"

#include <string>
#include <utility>

namespace luminate::postgres {
namespace {

constexpr std::size_t kRows = 10'000;  // Some 300 kB of samples.

}  // namespace

RowCursor::RowCursor(Transaction& transaction, Statement select) {
  transaction.run("DECLARE piecewise NO SCROLL CURSOR FOR " + select.sql, std::move(select.parameters));
}

Rows RowCursor::next(Transaction& transaction) {
  if (over_) return {};
  Rows rows = transaction.run("FETCH " + std::to_string(kRows) + " FROM piecewise");
  over_ = rows.size() < kRows;
  if (over_) transaction.run("CLOSE piecewise");
  return rows;
}

}  // namespace luminate::postgres
