#include "server/api/api.hpp"

#include <exception>
#include <utility>
#include <variant>

#include "server/api/errors.hpp"
#include "server/api/handlers.hpp"
#include "server/api/openapi.hpp"
#include "server/api/origin.hpp"
#include "server/api/parameters.hpp"
#include "server/api/rate_limits.hpp"

namespace luminate::server::api {
namespace {

// Supervisors often give up after a second.
constexpr std::chrono::milliseconds kHealthPatience(800);

http::Response text(int status, std::string_view body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = body;
  return response;
}

http::Response starting() {
  http::Response response = http::error_response(503, to_string(ErrorCode::storage_unavailable),
                                                 "the server is starting: its store is not open yet");
  response.headers["Retry-After"] = "1";
  return response;
}

}  // namespace

Api::Api(Hooks hooks, AccessControl access)
    : hooks_(std::move(hooks)),
      access_(std::move(access)),
      backups_(hooks_.backup_directory, hooks_.report),
      router_(make_router()) {}

void Api::serve(Store store) {
  store_.emplace(std::move(store));
  probe_.emplace([this] { return store_->health(); }, kHealthPatience);
  phase_.store(Phase::serving, std::memory_order_release);
}

void Api::stop() noexcept {
  Phase expected = Phase::serving;
  phase_.compare_exchange_strong(expected, Phase::stopping);
  backups_.stop();
}

/// Who may do what, and what it uses of a tenant's limits, stands here and nowhere else.
Router Api::make_router() const {
  using http::Request;
  using limits::Cost;
  using Path = const PathParameters&;
  const auto on_store = [this](std::string_view method, std::string_view pattern, Access access, Cost cost,
                               StoreHandler handler) {
    return Route{method, pattern, access, cost, [this, handler](const Request& request, Path path, const Grant& grant) {
                   if (phase_.load(std::memory_order_acquire) == Phase::starting) return starting();
                   Store store = grant.tenant.empty() ? *store_ : store_->tenant(grant.tenant);
                   return handler(store, request, path);
                 }};
  };
  const auto on_self = [this](std::string_view method, std::string_view pattern, Access access, Cost cost,
                              SelfHandler handler) {
    return Route{method, pattern, access, cost,
                 [this, handler](const Request& request, Path, const Grant&) { return (this->*handler)(request); }};
  };
  return Router({
      on_store("POST", "/api/v1/write", Access::write, Cost::write,
               [](Store& s, const Request& r, Path) { return write(s, r); }),
      on_store("POST", "/api/v1/query", Access::read, Cost::query,
               [this](Store& s, const Request& r, Path) { return query(s, r, queries_); }),
      on_store("GET", "/api/v1/metrics", Access::read, Cost::query,
               [](Store& s, const Request& r, Path) { return list_metrics(s, r); }),
      on_store("GET", "/api/v1/metrics/{name}/dimensions", Access::read, Cost::query,
               [](Store& s, const Request& r, Path p) { return list_dimensions(s, r, p[0]); }),
      on_store("GET", "/api/v1/metrics/{name}/dimensions/{key}/values", Access::read, Cost::query,
               [](Store& s, const Request& r, Path p) { return list_values(s, r, p[0], p[1]); }),
      on_store("DELETE", "/api/v1/admin/metrics/{name}", Access::admin, Cost::write,
               [](Store& s, const Request& r, Path p) { return delete_samples(s, r, p[0]); }),
      on_store("GET", "/api/v1/admin/retention", Access::admin, Cost::query,
               [](Store& s, const Request& r, Path) { return list_retention(s, r); }),
      on_store("POST", "/api/v1/admin/retention", Access::admin, Cost::write,
               [](Store& s, const Request& r, Path) { return set_retention(s, r); }),
      on_store("DELETE", "/api/v1/admin/retention", Access::admin, Cost::write,
               [](Store& s, const Request& r, Path) { return remove_retention(s, r); }),
      on_store("GET", "/api/v1/admin/cardinality", Access::admin, Cost::query,
               [](Store& s, const Request& r, Path) { return cardinality(s, r); }),
      Route{"GET", "/api/v1/admin/queries", Access::admin, Cost::none,
            [this](const Request& r, Path, const Grant& g) { return list_queries(queries_, r, g); }},
      Route{"DELETE", "/api/v1/admin/queries/{id}", Access::admin, Cost::none,
            [this](const Request& r, Path p, const Grant& g) { return cancel_query(queries_, r, g, p[0]); }},
      on_store("POST", "/api/v1/admin/backup", Access::server, Cost::none,
               [this](Store& s, const Request& r, Path) { return start_backup(s, backups_, r); }),
      on_store("GET", "/api/v1/admin/backup", Access::server, Cost::none,
               [this](Store&, const Request& r, Path) { return show_backup(backups_, r); }),
      on_self("POST", "/api/v1/admin/reload", Access::server, Cost::none, &Api::answer_reload),
      on_self("GET", "/api/v1/health", Access::open, Cost::none, &Api::answer_health),
      on_self("GET", "/healthz", Access::open, Cost::none, &Api::answer_alive),
      on_self("GET", "/readyz", Access::open, Cost::none, &Api::answer_ready),
      on_self("GET", "/startupz", Access::open, Cost::none, &Api::answer_started),
      on_self("GET", hooks_.metrics_path, Access::scrape, Cost::none, &Api::answer_metrics),
      on_self("GET", "/openapi.json", Access::open, Cost::none, &Api::answer_openapi),
      on_self("GET", "/", Access::open, Cost::none, &Api::answer_welcome),
  });
}

std::optional<http::Response> Api::admit(http::Request& head) const {
  auto outcome = let_in(head);
  if (auto* const refusal = std::get_if<http::Response>(&outcome)) return std::move(*refusal);
  head.admission = std::make_shared<Admitted>(std::get<Admitted>(std::move(outcome)));
  return std::nullopt;
}

http::Response Api::handle(const http::Request& request) const {
  // Nobody else gives admissions.
  if (request.admission) return call(request, static_cast<Admitted&>(*request.admission));
  auto outcome = let_in(request);
  if (auto* const refusal = std::get_if<http::Response>(&outcome)) return std::move(*refusal);
  auto& admitted = std::get<Admitted>(outcome);
  admitted.expect_body(request.body.size());
  return call(request, admitted);
}

std::variant<Admitted, http::Response> Api::let_in(const http::Request& request) const {
  Router::Match match = router_.find(request);
  const std::string_view pattern = match.pattern;
  auto outcome = match.route == nullptr ? answer_to_mismatch(match) : let_in(request, std::move(match));
  if (auto* const refusal = std::get_if<http::Response>(&outcome)) refusal->route = pattern;
  return outcome;
}

std::variant<Admitted, http::Response> Api::let_in(const http::Request& request, Router::Match match) const {
  if (auto refusal = refuse_foreign_origin(request)) return std::move(*refusal);
  auto access = access_.admit(request, match.route->access);
  if (auto* const refusal = std::get_if<http::Response>(&access)) return std::move(*refusal);
  auto grant = std::get<Grant>(std::move(access));
  if (hooks_.limiter == nullptr) return Admitted(std::move(match), std::move(grant), {});
  auto counted = hooks_.limiter->admit(grant.tenant, match.route->cost);
  if (const auto* const exceeded = std::get_if<limits::Quota>(&counted)) {
    return answer_to_exceeded(*exceeded, std::move(grant.tenant));
  }
  auto ticket = std::get<limits::TenantLimiter::Ticket>(std::move(counted));
  return Admitted(std::move(match), std::move(grant), std::move(ticket));
}

http::Response Api::call(const http::Request& request, Admitted& admitted) const {
  http::Response response;
  try {
    response = admitted.route().handler(request, admitted.parameters(), admitted.grant());
  } catch (const Error& error) {
    if (is_internal(error.code())) hooks_.report(request, error.code(), error.what());
    response = answer_to(error, request.id);
  } catch (const std::exception& error) {
    hooks_.report(request, ErrorCode::internal, error.what());
    response = answer_to(Error(ErrorCode::internal, ""), request.id);
  }
  response.route = admitted.route().pattern;
  response.tenant = admitted.grant().tenant;
  admitted.settle(response);
  return response;
}

bool Api::is_urgent(const http::Request& request) const noexcept {
  return request.path == "/healthz" || request.path == "/readyz" || request.path == "/startupz" ||
         request.path == "/api/v1/health" || request.path == hooks_.metrics_path;
}

Health Api::health(const http::Request& request) const {
  if (phase_.load(std::memory_order_acquire) == Phase::starting) return {false, "", "the store is not open yet"};
  Health health = probe_->ask();
  const std::lock_guard lock(reported_mutex_);
  // Supervisors ask every second: what they are told is logged when it is news.
  if (!health.healthy && reported_ != health.status) {
    hooks_.report(request, ErrorCode::storage_unavailable, health.status);
  }
  reported_ = health.healthy ? "" : health.status;
  return health;
}

http::Response Api::answer_health(const http::Request& request) const {
  return api::health(health(request),
                     std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_));
}

http::Response Api::answer_alive(const http::Request&) const {
  return text(200, "ok\n");
}

http::Response Api::answer_metrics(const http::Request&) const {
  if (!hooks_.scrape)
    return http::error_response(404, "NOT_FOUND", "there are no metrics here: metrics.enabled is off");
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = hooks_.scrape();
  return response;
}

http::Response Api::answer_ready(const http::Request& request) const {
  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase == Phase::starting) return text(503, "starting\n");
  if (phase == Phase::stopping) return text(503, "stopping\n");
  return health(request).healthy ? text(200, "ok\n") : text(503, "the storage is unavailable\n");
}

http::Response Api::answer_started(const http::Request&) const {
  switch (phase_.load(std::memory_order_acquire)) {
    case Phase::starting:
      return text(503, "starting\n");
    case Phase::serving:
      return text(200, "ok\n");
    case Phase::stopping:
      break;
  }
  return text(503, "stopping\n");
}

http::Response Api::answer_welcome(const http::Request&) const {
  return text(200,
              "luminate-server: a metrics store. Write to /api/v1/write, ask /api/v1/query, list "
              "/api/v1/metrics; /openapi.json and docs/http-api.md describe every path.\n");
}

http::Response Api::answer_openapi(const http::Request& request) const {
  return openapi(request);
}

http::Response Api::answer_reload(const http::Request& request) const {
  const Parameters none(request, {});
  if (hooks_.reload && !hooks_.reload()) {
    // Why is for the log: it may name files.
    return http::error_response(409, "RELOAD_FAILED",
                                "the new configuration cannot be used, the old one stays in use; the server's log says "
                                "why");
  }
  http::Response response;
  response.body = R"({"reloaded":true})";
  return response;
}

}  // namespace luminate::server::api
