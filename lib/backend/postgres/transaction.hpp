#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/call.hpp"
#include "postgres/connection_pool.hpp"

namespace luminate::postgres {

/// read: a consistent snapshot for all of its statements (REPEATABLE READ, READ ONLY). write: READ COMMITTED, so each
/// statement sees what was committed before it began.
enum class Access { read, write };

/// A transaction on a connection of the pool, rolled back unless it was committed. `{schema}` in any SQL text becomes
/// the name of the store's schema. The server is given the call's deadline as statement_timeout.
///
///     Transaction transaction(pool, Access::read, call);
///     const Rows rows = transaction.run("SELECT name FROM {schema}.metric WHERE tenant = $1",
///     Parameters().add(tenant));
class Transaction {
 public:
  Transaction(ConnectionPool& pool, Access access, const model::Call& call);
  Transaction(Transaction&&) noexcept = default;
  ~Transaction();

  Rows run(std::string_view sql, Parameters parameters = {});
  /// In one round trip.
  std::vector<Rows> run(std::vector<Statement> statements);
  std::uint64_t copy_in(std::string_view sql, const std::function<void(std::string&)>& fill);

  /// Does nothing the second time, or where nothing was run. A read just ends, and waits for no answer.
  /// @throws SqlError, in doubt when the connection broke on the way.
  void commit();
  /// Runs the statements and commits, in one round trip; in doubt likewise.
  std::vector<Rows> commit_after(std::vector<Statement> statements);

  const model::Call& call() const noexcept { return call_; }
  int server_version() const noexcept { return connection_->server_version(); }

 private:
  std::string in_schema(std::string_view sql) const;
  /// The statements that begin the transaction, unless it has begun.
  std::vector<Statement> beginning();

  ConnectionPool::Lease connection_;
  const std::string* schema_;
  model::Call call_;
  bool begun_ = false;  ///< BEGIN goes out with the first statements, to save a round trip.
  bool over_ = false;   ///< Committed, or not to be.
  Access access_;
  bool read_only_;
  bool full_durability_;
};

}  // namespace luminate::postgres
