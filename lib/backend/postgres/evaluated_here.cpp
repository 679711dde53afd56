#include "postgres/evaluated_here.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <string>

#include "engine/evaluator.hpp"
#include "postgres/canonical_text.hpp"
#include "postgres/query_sql.hpp"
#include "postgres/row_cursor.hpp"

namespace luminate::postgres {
namespace {

/// Series by their place in the selection, which is the order of their ids.
std::vector<std::int64_t> select_series(Transaction& transaction, const QuerySeries& series,
                                        engine::Selection& selection) {
  std::vector<std::int64_t> ids;
  Statement statement;
  statement.sql = "SELECT r.id, r.canonical FROM {schema}.series AS r WHERE ";
  statement.sql += series.condition("r", statement.parameters) + " ORDER BY r.id";
  RowCursor cursor(transaction, std::move(statement));
  for (Rows rows = cursor.next(transaction); !rows.empty(); rows = cursor.next(transaction)) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      ids.push_back(rows.integer(row, 0));
      selection.add(canonical_bytes_of(rows.text(row, 1)));
    }
  }
  return ids;
}

/// Collects consecutive samples of a series and gives them to an evaluator.
class Feeder {
 public:
  Feeder(engine::Evaluator& evaluator, const query::Plan& plan, std::span<const std::int64_t> ids,
         const model::Call& call)
      : evaluator_(evaluator),
        whole_series_(engine::demand_of(plan).whole_series),
        max_bytes_(plan.limits.max_memory_bytes),
        ids_(ids),
        call_(call) {}

  void add(const Rows& rows) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::int64_t id = rows.integer(row, 0);
      if (id != id_) flush();
      id_ = id;
      timestamps_.push_back(rows.time_ms(row, 1));
      values_.push_back(rows.real(row, 2));
    }
    if (!whole_series_) flush();
    call_.check();
    if (evaluator_.memory() + timestamps_.size() * 16 > max_bytes_) {
      throw Error(ErrorCode::result_limit_exceeded,
                  "the query needs more than its " + std::to_string(max_bytes_ >> 20) +
                      " MiB of memory; narrow its time range or filters, or raise query_limits.max_query_memory_bytes");
    }
  }

  void flush() {
    if (values_.empty()) return;
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id_);
    evaluator_.add(static_cast<std::uint32_t>(found - ids_.begin()), timestamps_, values_, call_);
    timestamps_.clear();
    values_.clear();
  }

 private:
  engine::Evaluator& evaluator_;
  const bool whole_series_;
  const std::size_t max_bytes_;
  const std::span<const std::int64_t> ids_;
  const model::Call& call_;
  std::int64_t id_ = 0;
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;
};

}  // namespace

Result evaluate_here(Transaction& transaction, const query::Plan& plan, const QuerySeries& series) {
  engine::Selection selection(plan);
  const std::vector<std::int64_t> ids = select_series(transaction, series, selection);
  const auto evaluator = engine::make_evaluator(plan, selection);
  Feeder feeder(*evaluator, plan, ids, transaction.call());

  Statement samples;
  samples.sql = "SELECT s.series_id, s.ts, s.value FROM {schema}.sample AS s JOIN {schema}.series AS r";
  samples.sql += " ON r.id = s.series_id WHERE " + series.condition("r", samples.parameters) + " AND ";
  samples.sql += in_time_range(plan.time_range, "s", samples.parameters) + " ORDER BY s.series_id, s.ts";
  RowCursor cursor(transaction, std::move(samples));
  for (Rows rows = cursor.next(transaction); !rows.empty(); rows = cursor.next(transaction)) feeder.add(rows);
  feeder.flush();
  engine::NoWorkers workers;
  return evaluator->finish(workers, transaction.call());
}

}  // namespace luminate::postgres
