#pragma once

#include <luminate/options.hpp>
#include <luminate/store.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <type_traits>
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

/// Decides what becomes of work that failed; see Database::transact().
class Attempts {
 public:
  /// @param call outlives this.
  Attempts(Access access, Repeat repeat, const model::Call& call) : access_(access), repeat_(repeat), call_(call) {}

  /// Whether to try again, after waiting as long as is wise. Otherwise `error` is marked as in doubt if any was.
  /// @throws SqlError what is to be thrown in the place of `error`.
  bool again(Error& error);

 private:
  template <class Failure>
  [[noreturn]] void raise(Failure failure) const;

  const Access access_;
  const Repeat repeat_;
  const model::Call& call_;
  unsigned count_ = 0;
  bool in_doubt_ = false;
  std::optional<std::chrono::steady_clock::time_point> first_;       ///< Failure.
  std::optional<std::chrono::steady_clock::time_point> first_loss_;  ///< Of a connection.
  std::optional<SqlError> last_;
  std::minstd_rand random_{std::random_device()()};
};

/// The database behind a store: its connections, its schema and what it can do.
class Database {
 public:
  Database(Settings settings, const Options& options);

  /// Runs `work(Transaction&)`, commits, and returns what it returned. `work` may commit by itself (commit_after), or
  /// move the transaction away to go on with it. Deadlocks, failed serializations and lost connections are tried again,
  /// with a growing pause, so `work` must be able to run more than once: writes until the call's deadline, reads for
  /// two seconds while the server is away. What fails last is thrown, in doubt if any attempt was.
  template <class Work>
  auto transact(Access access, Repeat repeat, const model::Call& call, Work&& work) {
    for (Attempts attempts(access, repeat, call);;) {
      try {
        Transaction transaction = begin(access, call);
        if constexpr (std::is_void_v<decltype(work(transaction))>) {
          work(transaction);
          transaction.commit();
          return;
        } else {
          auto answer = work(transaction);
          transaction.commit();
          return answer;
        }
      } catch (Error& error) {
        if (!attempts.again(error)) throw;
      }
    }
  }

  /// A transaction that outlives the call that began it, such as a cursor's. One attempt, which fails at its first
  /// statement: to have more, move the transaction out of transact().
  Transaction begin(Access access, const model::Call& call);

  /// What the server can do; the first call that reaches the server makes or migrates the schema, and so the first that
  /// begins a transaction. Whoever comes meanwhile waits for it, and shares its failure; the next one tries again.
  /// @throws Error storage_version, SqlError.
  const Abilities& abilities(const model::Call& call);

  ConnectionPool& pool() noexcept { return pool_; }
  const Options& options() const noexcept { return options_; }
  /// Within two seconds. "ok", or what is wrong.
  Health health(const model::Call& call);

  void log(LogLevel level, const std::string& text) const;

 private:
  const Options& options_;
  ConnectionPool pool_;
  std::atomic<bool> prepared_ = false;  ///< Then abilities_ never changes.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_, but for abilities_ once it is there.
  bool preparing_ = false;
  std::uint64_t failures_ = 0;  ///< To prepare.
  std::optional<SqlError> last_;
  Abilities abilities_;
};

}  // namespace luminate::postgres
