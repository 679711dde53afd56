#include "server/api/api.hpp"

#include <exception>

#include "server/api/errors.hpp"
#include "server/api/handlers.hpp"
#include "server/api/origin.hpp"

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

Api::Api(Report report) : report_(std::move(report)), router_(make_router()) {}

void Api::serve(Store store) {
  store_.emplace(std::move(store));
  probe_.emplace([this] { return store_->health(); }, kHealthPatience);
  phase_.store(Phase::serving, std::memory_order_release);
}

void Api::stop() noexcept {
  Phase expected = Phase::serving;
  phase_.compare_exchange_strong(expected, Phase::stopping);
}

Router Api::make_router() const {
  const auto on_store = [this](std::string_view method, std::string_view pattern, StoreHandler handler) {
    return Route{method, pattern, [this, handler](const http::Request& request, const PathParameters& path) {
                   if (phase_.load(std::memory_order_acquire) == Phase::starting) return starting();
                   return handler(*store_, request, path);
                 }};
  };
  using http::Request;
  return Router({
      on_store("POST", "/api/v1/write", [](Store& s, const Request& r, const PathParameters&) { return write(s, r); }),
      on_store("POST", "/api/v1/query", [](Store& s, const Request& r, const PathParameters&) { return query(s, r); }),
      on_store("GET", "/api/v1/metrics",
               [](Store& s, const Request& r, const PathParameters&) { return list_metrics(s, r); }),
      on_store("GET", "/api/v1/metrics/{name}/dimensions",
               [](Store& s, const Request& r, const PathParameters& p) { return list_dimensions(s, r, p[0]); }),
      on_store("GET", "/api/v1/metrics/{name}/dimensions/{key}/values",
               [](Store& s, const Request& r, const PathParameters& p) { return list_values(s, r, p[0], p[1]); }),
      on_store("DELETE", "/api/v1/admin/metrics/{name}",
               [](Store& s, const Request& r, const PathParameters& p) { return delete_samples(s, r, p[0]); }),
      {"GET", "/api/v1/health", [this](const Request& r, const PathParameters&) { return answer_health(r); }},
      {"GET", "/healthz", [](const Request&, const PathParameters&) { return text(200, "ok\n"); }},
      {"GET", "/readyz", [this](const Request& r, const PathParameters&) { return answer_ready(r); }},
      {"GET", "/startupz",
       [this](const Request&, const PathParameters&) {
         switch (phase_.load(std::memory_order_acquire)) {
           case Phase::starting:
             return text(503, "starting\n");
           case Phase::serving:
             return text(200, "ok\n");
           case Phase::stopping:
             return text(503, "stopping\n");
         }
         return text(503, "stopping\n");
       }},
      {"GET", "/",
       [](const Request&, const PathParameters&) {
         return text(200,
                     "luminate-server: a metrics store. Write to /api/v1/write, ask /api/v1/query, list "
                     "/api/v1/metrics; docs/http-api.md describes every path.\n");
       }},
  });
}

http::Response Api::handle(const http::Request& request) const {
  const Router::Match match = router_.find(request);
  http::Response response = match.route == nullptr ? answer_to_mismatch(match) : call(match, request);
  response.route = match.pattern;
  return response;
}

http::Response Api::call(const Router::Match& match, const http::Request& request) const {
  if (auto refusal = refuse_foreign_origin(request)) return *refusal;
  try {
    return match.route->handler(request, match.parameters);
  } catch (const Error& error) {
    if (is_internal(error.code())) report_(request, error.code(), error.what());
    return answer_to(error, request.id);
  } catch (const std::exception& error) {
    report_(request, ErrorCode::internal, error.what());
    return answer_to(Error(ErrorCode::internal, ""), request.id);
  }
}

bool Api::is_urgent(const http::Request& request) noexcept {
  return request.path == "/healthz" || request.path == "/readyz" || request.path == "/startupz" ||
         request.path == "/api/v1/health";
}

Health Api::health(const http::Request& request) const {
  if (phase_.load(std::memory_order_acquire) == Phase::starting) return {false, "", "the store is not open yet"};
  Health health = probe_->ask();
  const std::lock_guard lock(reported_mutex_);
  // Supervisors ask every second: what they are told is logged when it is news.
  if (!health.healthy && reported_ != health.status) {
    report_(request, ErrorCode::storage_unavailable, health.status);
  }
  reported_ = health.healthy ? "" : health.status;
  return health;
}

http::Response Api::answer_health(const http::Request& request) const {
  return api::health(health(request),
                     std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_));
}

http::Response Api::answer_ready(const http::Request& request) const {
  const Phase phase = phase_.load(std::memory_order_acquire);
  if (phase == Phase::starting) return text(503, "starting\n");
  if (phase == Phase::stopping) return text(503, "stopping\n");
  return health(request).healthy ? text(200, "ok\n") : text(503, "the storage is unavailable\n");
}

}  // namespace luminate::server::api
