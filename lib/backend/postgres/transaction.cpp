#include "postgres/transaction.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace luminate::postgres {
namespace {

// statement_timeout is an int.
constexpr std::int64_t kLongestTimeoutMs = 2'000'000'000;

std::string remaining_ms(const model::Call& call) {
  if (call.deadline == std::chrono::steady_clock::time_point::max()) return "0";  // Whatever the role's default is.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(call.deadline - std::chrono::steady_clock::now());
  return std::to_string(std::clamp<std::int64_t>(left.count(), 1, kLongestTimeoutMs));
}

}  // namespace

Transaction::Transaction(ConnectionPool& pool, Access access, const model::Call& call)
    : connection_(pool.take(call)),
      schema_(&pool.settings().schema),
      call_(call),
      access_(access),
      read_only_(pool.settings().read_only),
      full_durability_(pool.settings().durability == Durability::full) {}

Transaction::~Transaction() {
  if (connection_ && begun_ && !over_) connection_->roll_back_soon();
}

std::string Transaction::in_schema(std::string_view sql) const {
  constexpr std::string_view kMark = "{schema}";
  std::string text;
  text.reserve(sql.size() + 64);
  for (auto mark = sql.find(kMark); mark != std::string_view::npos; mark = sql.find(kMark)) {
    text.append(sql.substr(0, mark)).append(*schema_);
    sql.remove_prefix(mark + kMark.size());
  }
  return text.append(sql);
}

std::vector<Statement> Transaction::beginning() {
  if (over_) throw Error(ErrorCode::internal, "a statement was run behind the end of its transaction");
  std::vector<Statement> statements;
  if (begun_) return statements;
  begun_ = true;
  if (access_ == Access::read) {
    statements.push_back({.sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"});
    // Before the snapshot is taken: samples that move to another partition must not do so behind it (partitions.hpp).
    statements.push_back({.sql = "LOCK TABLE ONLY " + *schema_ + ".sample IN ACCESS SHARE MODE"});
  } else {
    // Not READ WRITE: a database that was made read-only, by default or as a replica, shall say so at the first write.
    statements.push_back({.sql = read_only_ ? "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
                                            : "BEGIN ISOLATION LEVEL READ COMMITTED"});
  }
  // For this transaction alone: with a PgBouncer in between, the next one may have another connection.
  std::string settings = "SELECT set_config('statement_timeout', $1, true)";
  // The server stops by itself when we are gone.
  if (connection_->server_version() >= 140000)
    settings += ", set_config('client_connection_check_interval', '1s', true)";
  if (access_ == Access::write && !read_only_) {
    // With full, whatever the server is told is kept, such as waiting for a standby, unless it is not to sync at all.
    settings += full_durability_
                    ? ", set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), "
                      "true)"
                    : ", set_config('synchronous_commit', 'off', true)";
  }
  // Nor does it keep locks for one that it no longer hears of, and that has not even the time to hang up.
  if (access_ == Access::write) settings += ", set_config('idle_in_transaction_session_timeout', '2s', true)";
  statements.push_back({.sql = std::move(settings), .parameters = std::move(Parameters().add(remaining_ms(call_)))});
  return statements;
}

Rows Transaction::run(std::string_view sql, Parameters parameters) {
  std::vector<Statement> statements;
  statements.push_back({.sql = std::string(sql), .parameters = std::move(parameters)});
  return std::move(run(std::move(statements)).front());
}

std::vector<Rows> Transaction::run(std::vector<Statement> statements) {
  std::vector<Statement> all = beginning();
  const auto before = static_cast<std::ptrdiff_t>(all.size());
  for (Statement& statement : statements) {
    all.push_back({.sql = in_schema(statement.sql), .parameters = std::move(statement.parameters)});
  }
  if (all.empty()) return {};
  std::vector<Rows> rows = connection_->run(all, call_);
  rows.erase(rows.begin(), rows.begin() + before);
  return rows;
}

std::uint64_t Transaction::copy_in(std::string_view sql, const std::function<void(std::string&)>& fill) {
  if (const std::vector<Statement> begin = beginning(); !begin.empty()) connection_->run(begin, call_);
  return connection_->copy_in(in_schema(sql), fill, call_);
}

void Transaction::commit() {
  if (!connection_ || !begun_ || over_) return;
  if (access_ == Access::write) {
    commit_after({});
    return;
  }
  over_ = true;
  connection_->roll_back_soon();
}

std::vector<Rows> Transaction::commit_after(std::vector<Statement> statements) {
  statements.push_back({.sql = "COMMIT"});
  call_.check();
  std::vector<Rows> rows;
  try {
    rows = run(std::move(statements));
  } catch (Error& error) {
    // An answer that says no is an answer. Without one, nobody knows whether COMMIT was reached.
    if (access_ == Access::read || !connection_->broken()) throw;
    over_ = true;
    if (dynamic_cast<SqlError*>(&error) != nullptr) {
      error.mark_in_doubt();
      throw;
    }
    SqlError unknown(kCompletionUnknown, "the commit was not answered in time");
    unknown.mark_in_doubt();
    throw unknown;
  }
  over_ = true;
  if (rows.back().command() == "ROLLBACK") {
    throw Error(ErrorCode::internal, "a transaction was committed in which a statement had failed");
  }
  rows.pop_back();
  return rows;
}

}  // namespace luminate::postgres
