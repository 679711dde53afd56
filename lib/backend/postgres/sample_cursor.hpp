#pragma once

#include <memory>
#include <optional>

#include "backend/backend.hpp"
#include "postgres/query_series.hpp"
#include "postgres/row_cursor.hpp"
#include "query/plan.hpp"

namespace luminate::postgres {

/// The answer to a range query, from a cursor of the server: as much as a piece is held here, however long it is.
class SampleCursor final : public backend::RangeCursor {
 public:
  /// Takes the transaction over. @pre it has answered something, so that a lost connection would have shown.
  SampleCursor(Transaction transaction, const query::Plan& plan, QuerySeries series);

  std::optional<RangeResult> next() override;
  bool truncated() const override { return truncated_; }
  std::uint64_t points_scanned() const override { return points_scanned_; }

 private:
  void finish();
  RangeResult piece(const Rows& rows, std::size_t count);

  Transaction transaction_;
  const query::Plan* plan_;
  QuerySeries series_;
  RowCursor rows_;
  std::size_t left_;  ///< Of the limit.
  bool over_ = false;
  bool truncated_ = false;
  std::uint64_t points_scanned_ = 0;
};

}  // namespace luminate::postgres
