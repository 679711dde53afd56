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
#include "server/api/health_probe.hpp"
#include "server/api/router.hpp"
#include "server/http/message.hpp"

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

  /// What the server around it does for the Api; what is left out is not there.
  struct Hooks {
    Report report{};
    Reload reload{};
  };

  explicit Api(Hooks hooks, AccessControl access = {});

  /// From now on requests reach the store. Until then they get 503, and /startupz and /readyz too.
  void serve(Store store);
  /// From now on /readyz and /startupz say 503, so that nobody sends more; requests that come are still answered.
  void stop() noexcept;

  /// Never throws but for lack of memory.
  http::Response handle(const http::Request& request) const;

  /// The answer to a request that may not do what it asks for, from its head alone; handle() would answer it the same.
  std::optional<http::Response> refuse(const http::Request& head) const;

  /// Requests that must be answered however busy the server is: those of supervisors.
  static bool is_urgent(const http::Request& request) noexcept;

  /// Every method and path there is, with what it takes to use it.
  const std::vector<Route>& routes() const noexcept { return router_.routes(); }

 private:
  enum class Phase { starting, serving, stopping };
  using StoreHandler = http::Response (*)(Store&, const http::Request&, const PathParameters&);
  using SelfHandler = http::Response (Api::*)(const http::Request&) const;

  Router make_router() const;
  http::Response call(const Router::Match& match, const http::Request& request) const;
  std::variant<Grant, http::Response> admit(const Router::Match& match, const http::Request& request) const;
  http::Response answer_alive(const http::Request& request) const;
  http::Response answer_health(const http::Request& request) const;
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
  Router router_;
};

}  // namespace luminate::server::api
