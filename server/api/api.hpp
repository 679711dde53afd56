#pragma once

#include <luminate/store.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "server/api/access.hpp"
#include "server/api/admitted.hpp"
#include "server/api/backup_runner.hpp"
#include "server/api/health_probe.hpp"
#include "server/api/query_registry.hpp"
#include "server/api/router.hpp"
#include "server/http/message.hpp"
#include "server/limits/tenant_limiter.hpp"

namespace luminate::server::api {

/// The HTTP API: from a request to its answer, whatever happens on the way. Knows no sockets.
/// handle() may be called from any thread; serve() and stop() once each, from one thread.
class Api {
 public:
  /// Told what clients are not: the text of an error whose answer hides it. Must not throw.
  using Report = std::function<void(const http::Request&, ErrorCode, std::string_view)>;

  /// Rereads keys and whatever else can change while the server runs. False: it cannot be used, so that all stays as
  /// it was; the log says why. Must not throw.
  using Reload = std::function<bool()>;

  /// The metrics of the server itself, as Prometheus reads them. Waits for no storage.
  using Scrape = std::function<std::string()>;

  /// What the server around it does for the Api; what is left out is not there.
  struct Hooks {
    Report report{};
    Reload reload{};
    std::string backup_directory{};  ///< Where backups by request go; empty: there are none.
    Scrape scrape{};
    std::string metrics_path = "/metrics";     ///< Where `scrape` is to be had.
    limits::TenantLimiter* limiter = nullptr;  ///< Null: nobody has limits. Outlives the Api and its admissions.
  };

  explicit Api(Hooks hooks, AccessControl access = {});

  /// From now on requests reach the store. Until then they get 503, and /startupz and /readyz too.
  void serve(Store store);
  /// From now on /readyz and /startupz say 503, so that nobody sends more; requests that come are still answered. A
  /// backup that runs is given up.
  void stop() noexcept;

  /// Lets a request in by its head alone: it gets an admission, whereby handle() knows it again. Or the answer that
  /// turns it away: no such path, no token that allows it, a limit of its tenant.
  std::optional<http::Response> admit(http::Request& head) const;

  /// Never throws but for lack of memory. A request that admit() has not seen is let in or turned away here, and held
  /// against its tenant's limits only until this returns.
  http::Response handle(const http::Request& request) const;

  /// Requests that must be answered however busy the server is: those of supervisors.
  bool is_urgent(const http::Request& request) const noexcept;

  /// Every method and path there is, with what it takes to use it.
  const std::vector<Route>& routes() const noexcept { return router_.routes(); }

 private:
  enum class Phase { starting, serving, stopping };
  using StoreHandler = std::function<http::Response(Store&, const http::Request&, const PathParameters&)>;
  using SelfHandler = http::Response (Api::*)(const http::Request&) const;

  Router make_router() const;
  std::variant<Admitted, http::Response> let_in(const http::Request& request) const;
  std::variant<Admitted, http::Response> let_in(const http::Request& request, Router::Match match) const;
  http::Response call(const http::Request& request, Admitted& admitted) const;
  http::Response answer_alive(const http::Request& request) const;
  http::Response answer_health(const http::Request& request) const;
  http::Response answer_metrics(const http::Request& request) const;
  http::Response answer_openapi(const http::Request& request) const;
  http::Response answer_ready(const http::Request& request) const;
  http::Response answer_reload(const http::Request& request) const;
  http::Response answer_started(const http::Request& request) const;
  http::Response answer_welcome(const http::Request& request) const;
  Health health(const http::Request& request) const;

  Hooks hooks_;
  AccessControl access_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  mutable std::optional<Store>
      store_;  ///< Written once, before phase_ leaves `starting`. A handle: its calls are safe.
  mutable std::optional<HealthProbe> probe_;  ///< Of store_; like it.
  mutable std::mutex reported_mutex_;
  mutable std::string reported_;  ///< Why the storage was unhealthy when last asked. Guarded by reported_mutex_.
  std::atomic<Phase> phase_ = Phase::starting;
  mutable QueryRegistry queries_;
  mutable BackupRunner backups_;
  Router router_;
};

}  // namespace luminate::server::api
