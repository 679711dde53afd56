#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/call.hpp"
#include "postgres/connect.hpp"
#include "postgres/parameters.hpp"
#include "postgres/rows.hpp"
#include "postgres/sql_error.hpp"
#include "postgres/url.hpp"

namespace luminate::postgres {

/// A statement with its parameters.
struct Statement {
  std::string sql;
  Parameters parameters{};
};

/// One connection, used by one thread at a time. Everything waits on the socket with the call's deadline and stop
/// token: when either ends the call, the server is told to cancel the work (PQcancel), and a connection that does not
/// come back within half a second is given up.
///
/// All functions throw SqlError for what the server refuses and for a broken connection, after which broken() tells
/// them apart, and Error query_timeout or cancelled.
class Connection {
 public:
  /// @throws SqlError (08001) when it cannot be made within Settings::connect_timeout.
  Connection(const Settings& settings, const model::Call& call);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs one statement. Nothing is prepared by name: a PgBouncer in transaction mode may be in between.
  Rows run(const Statement& statement, const model::Call& call);

  /// Runs several in one round trip (pipeline mode), each as the one before left things. The first error is thrown, and
  /// what stands behind it is not run.
  std::vector<Rows> run(std::span<const Statement> statements, const model::Call& call);

  /// COPY ... FROM STDIN: `fill` puts the next piece of the data into the string, which comes empty, until it leaves it
  /// empty. @returns the number of rows.
  std::uint64_t copy_in(const std::string& sql, const std::function<void(std::string&)>& fill, const model::Call& call);

  /// Ends a transaction without waiting for the answer, which the next use reads, or settle().
  void roll_back_soon() noexcept;
  /// Reads what is left of an earlier answer. @returns whether the connection is idle and in order by then.
  bool settle(std::chrono::steady_clock::time_point until) noexcept;

  /// Whether an idle one has heard nothing from the server, which would be its goodbye. Asks the system alone.
  bool quiet() const noexcept;

  /// Nothing more will come from it.
  bool broken() const noexcept;
  /// In order, and in no transaction once settle() has been called.
  bool reusable() const noexcept;
  /// In no transaction, and in order.
  bool idle() const noexcept;
  int server_version() const noexcept;  ///< Such as 150018.

 private:
  class Exchange;

  void ready_for(const model::Call& call);
  SqlError lost();

  PgConnection connection_;
  pid_t opener_;         ///< A forked child must not say goodbye in the name of its parent.
  bool broken_ = false;  ///< Given up, whatever libpq thinks.
  bool unread_ = false;  ///< The answer to roll_back_soon().
};

}  // namespace luminate::postgres
