#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/call.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/connection.hpp"

namespace luminate::sqlite {

/// Read-only connections to one file, kept for the next reader.
class ConnectionPool {
 public:
  explicit ConnectionPool(std::string path);

  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  void clear();

 private:
  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // Guarded by mutex_.
};

/// One consistent view of the file, and of the catalog that belongs to it. Lives as long as one read.
class Snapshot {
 public:
  /// @param follow whether another process writes the file, so that the catalog may be behind it.
  Snapshot(ConnectionPool& pool, Catalog& catalog, bool follow) : pool_(pool), catalog_(catalog), follow_(follow) {}
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Begins the snapshot and calls `resolve` while the catalog, locked, agrees with it.
  void begin(const std::function<void(const Catalog&)>& resolve);
  /// The same, with the series of one metric loaded. Not called when there is no such metric.
  /// @throws Error of Call::check(): loading may take a while.
  void begin(std::string_view tenant, std::string_view metric, const model::Call& call,
             const std::function<void(const Catalog::Metric&)>& resolve);

  /// @pre begin() returned.
  Connection& connection() { return *connection_; }

 private:
  using MetricKey = std::pair<std::string_view, std::string_view>;
  void begin(std::optional<MetricKey> metric, const model::Call& call,
             const std::function<void(const Catalog&)>& resolve);

  ConnectionPool& pool_;
  Catalog& catalog_;
  const bool follow_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Transaction> transaction_;
};

}  // namespace luminate::sqlite
