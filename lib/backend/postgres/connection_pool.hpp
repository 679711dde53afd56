#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "model/call.hpp"
#include "postgres/connection.hpp"
#include "postgres/url.hpp"

namespace luminate::postgres {

/// At most Settings::pool_size connections, made when they are needed and kept. Any thread may take one. Outlives its
/// leases.
class ConnectionPool {
 public:
  explicit ConnectionPool(Settings settings);

  /// Gives a connection back when it goes; one that is broken, or still in a transaction, is closed.
  class Lease {
   public:
    Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection) noexcept
        : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    explicit operator bool() const noexcept { return connection_ != nullptr; }  ///< False when moved from.
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits for one. A connection that was idle for half a minute, or since another one broke, is asked for a sign of
  /// life first. Once the server was found away, one caller at a time tries to connect, after a back-off with jitter of
  /// at most a second, and whoever waits meanwhile shares its failure.
  /// @throws SqlError: no connection can be made now; Error storage_unavailable: all were in use until the call's
  /// deadline; query_timeout, cancelled.
  Lease take(const model::Call& call);

  /// Asks the server for a sign of life, whatever the pool is busy with. @throws what take() does.
  void ping(const model::Call& call);

  const Settings& settings() const noexcept { return settings_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
    std::uint64_t era = 0;
  };

  std::optional<Lease> take_idle();
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  std::unique_ptr<Connection> connect(std::unique_lock<std::mutex>& lock, const model::Call& call);
  void connect_failed(const SqlError& error, std::uint64_t failures_before);
  bool may_connect() const noexcept { return open_ < settings_.pool_size && !trying_ && Clock::now() >= closed_until_; }
  bool in_order(Idle& idle, std::uint64_t era, const model::Call& call) const noexcept;

  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // All guarded by mutex_.
  std::vector<Idle> idle_;            ///< The one used last comes last, and is taken first.
  std::size_t open_ = 0;              ///< Idle, taken or being made.
  std::uint64_t era_ = 0;             ///< A new one begins when a connection breaks.
  std::uint64_t all_failures_ = 0;    ///< To connect, ever.
  unsigned failures_ = 0;             ///< To connect, one after another.
  bool trying_ = false;               ///< Somebody tries to connect, after failures.
  Clock::time_point closed_until_{};  ///< The end of the back-off.
  std::optional<SqlError> last_;      ///< The latest failure.
  std::minstd_rand random_;
};

}  // namespace luminate::postgres
