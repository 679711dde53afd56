#pragma once

#include <luminate/options.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "model/call.hpp"
#include "postgres/connection_pool.hpp"
#include "postgres/transaction.hpp"

namespace luminate::postgres {

/// What this server can do beyond PostgreSQL 13. Changes speed, never answers.
struct Abilities {
  int server_version = 0;    ///< Such as 150018.
  bool hypertable = false;   ///< `sample` is a TimescaleDB hypertable; otherwise it is partitioned by day.
  bool compression = false;  ///< The edition compresses chunks.
  bool date_bin() const noexcept { return server_version >= 140000; }
};

/// Whether work that was committed, perhaps, may simply be done again.
enum class Repeat {
  always,           ///< Reads, and writes of which the last one wins.
  unless_in_doubt,  ///< Work whose answer would be another the second time.
};

/// The database behind a store: its connections, its schema and what it can do.
class Database {
 public:
  Database(Settings settings, const Options& options);

  /// Runs `work(Transaction&)` and commits. Deadlocks, failed serializations and lost connections are tried again, with
  /// a growing pause, until the call's deadline, so `work` must be able to run more than once. What fails last is
  /// thrown, in doubt if any attempt was.
  template <class Work>
  auto transact(Access access, Repeat repeat, const model::Call& call, Work&& work);

  /// A transaction that outlives the call that began it, such as a cursor's.
  Transaction begin(Access access, const model::Call& call);

  /// What the server can do; the first call that reaches the server makes or migrates the schema.
  /// @throws Error storage_version, SqlError.
  const Abilities& abilities(const model::Call& call);

  ConnectionPool& pool() noexcept { return pool_; }
  const Options& options() const noexcept { return options_; }
  void log(LogLevel level, const std::string& text) const;

 private:
  const Options& options_;
  ConnectionPool pool_;
  std::mutex mutex_;
  std::optional<Abilities> abilities_;  ///< Guarded by mutex_ until it is set, then never changed.
};

}  // namespace luminate::postgres
