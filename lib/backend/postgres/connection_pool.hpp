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

/// At most Settings::pool_size connections, made when they are needed and kept. Any thread may take one.
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

  /// Waits for one. A connection that was idle for long is asked for a sign of life first. After the server was found
  /// away, nobody tries again before a back-off with jitter is over, at most a second, and then one does for all.
  /// @throws SqlError: no connection could be made, or none was free in time; Error cancelled.
  Lease take(const model::Call& call);

  const Settings& settings() const noexcept { return settings_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
    std::uint64_t era = 0;
  };

  void give_back(std::unique_ptr<Connection> connection) noexcept;
  std::unique_ptr<Connection> connect(std::unique_lock<std::mutex>& lock, const model::Call& call);
  bool alive(Connection& connection, const model::Call& call) const noexcept;

  const Settings settings_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // All guarded by mutex_.
  std::vector<Idle> idle_;
  std::size_t open_ = 0;   ///< Idle, taken or being made.
  std::uint64_t era_ = 0;  ///< A new one begins when a connection breaks; those idle since an older one are suspect.
  unsigned failures_ = 0;  ///< To connect, one after another.
  bool trying_ = false;    ///< Somebody tries to connect, after failures.
  Clock::time_point closed_until_{};  ///< The end of the back-off.
  std::minstd_rand random_;
};

}  // namespace luminate::postgres
