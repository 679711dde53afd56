#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
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
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits for one. A connection that was idle for long is asked for a sign of life first. After the server was found
  /// away, nobody tries again before a back-off with jitter is over, at most a second. @throws SqlError, Error
  /// query_timeout, cancelled.
  Lease take(const model::Call& call);

  const Settings& settings() const noexcept { return settings_; }

 private:
  const Settings settings_;
};

}  // namespace luminate::postgres
