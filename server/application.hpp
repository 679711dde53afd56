#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/access.hpp"
#include "server/config/config.hpp"
#include "server/endpoints.hpp"
#include "server/http/http_server.hpp"
#include "server/live_parts.hpp"
#include "server/logging.hpp"
#include "server/metrics/server_metrics.hpp"
#include "server/signals.hpp"
#include "server/systemd.hpp"

namespace luminate::server {

/// The server from start to end: opens the store, serves, and stops when told to. One run() per object.
class Application {
 public:
  /// Reads the configuration once more. @throws std::exception
  using Reread = std::function<config::Config()>;

  Application(config::Config config, const AuthSetup& auth, const TlsSetup& tls, Reread reread, Logger& logger,
              ServiceManager& manager);

  /// Serves until SIGTERM or SIGINT; then says that it is not ready, after SIGTERM goes on for `server.shutdown_delay`,
  /// takes no more requests, finishes those in flight, and closes the store. A second signal ends the process at once.
  /// SIGHUP reads the configuration anew, as far as its parts can follow (LiveParts). @throws std::exception:
  /// cannot start, or cannot go on; the message is one line for the operator.
  void run(Signals& signals);

 private:
  /// How far the end has come. Each step is waited for, and none is taken back.
  enum class Life { serving, unready, ending };

  void live();
  int wait_for_signal(Signals& signals, Signals::Clock::time_point until = Signals::Clock::time_point::max());
  void stop(Signals& signals, int first);
  void reach(Life life) noexcept;
  bool makes_progress(const http::HttpServer& server);
  metrics::ServerMetrics::Settings metrics_settings() const;
  metrics::ServerMetrics::Reload last_reload() const noexcept;
  bool reload(std::string_view cause) noexcept;
  void warn(const std::vector<std::string>& warnings) const;
  void warn_of_ignored(const config::Config& changed) const;
  api::AccessControl access() const;

  const config::Config config_;
  const Reread reread_;
  Logger& logger_;
  ServiceManager& manager_;
  Endpoints endpoints_;
  LiveParts parts_;
  std::mutex reload_mutex_;  // Of two reloads the later one must win.
  std::atomic<bool> reload_succeeded_ = true;
  std::atomic<std::chrono::system_clock::time_point> last_reload_ = std::chrono::system_clock::now();
  std::atomic<Life> life_ = Life::serving;
  bool was_stuck_ = false;  // Of makes_progress().
};

}  // namespace luminate::server
