#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/api/router.hpp"
#include "server/http/http_server.hpp"
#include "server/http/message.hpp"

namespace luminate::server::metrics {

/// The metrics of the server itself: is told of each request, and says in the text format of Prometheus how things are.
/// docs/monitoring.md lists them. Any thread may use it.
///
///     ServerMetrics metrics(api.routes(), {.version = LUMINATE_VERSION});
///     metrics.watch({.load = [&] { return server.load(); }});
///     metrics.watch(store, {.backend = "sqlite", .file = "metrics.db"});   // once it is open
///     metrics.observe(request, response, duration);                         // of each request
///     std::string text = metrics.expose();
class ServerMetrics {
 public:
  struct Settings {
    std::string version;
    CardinalityLimits limits{};
    /// That have a label of their own, of those that ask and of those that have data each; see TenantCounters.
    std::size_t max_tenants = 100;
    std::chrono::milliseconds patience{800};  ///< With a storage that does not answer.
  };
  /// When the configuration was read last.
  struct Reload {
    bool succeeded = true;
    std::chrono::system_clock::time_point last_success{};
  };
  /// What it asks for whenever it is asked. Both wait for nothing.
  struct Sources {
    std::function<http::HttpServer::Load()> load{};
    std::function<Reload()> reload{};
  };
  struct Storage {
    std::string backend;  ///< "sqlite", ...
    std::string file{};   ///< Its path; empty where it has none.
  };

  /// @param routes what may be a label: every route of the server.
  ServerMetrics(const std::vector<api::Route>& routes, Settings settings);
  ~ServerMetrics();
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  /// From now on it tells of these too. Once; they may be asked as long as this is.
  void watch(Sources sources);
  /// From now on it tells of the store too. Once.
  void watch(const Store& store, const Storage& storage);

  void observe(const http::Request& request, const http::Response& response,
               std::chrono::microseconds duration) noexcept;

  /// All metrics as they are now. Waits for the storage no longer than Settings::patience. Many that ask at once get
  /// one answer.
  std::string expose();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace luminate::server::metrics
