#include <luminate/version.hpp>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"

namespace luminate::server::api {

http::Response health(const Health& health, std::chrono::seconds uptime) {
  JsonWriter json;
  json.begin_object();
  json.key("status").value(health.healthy ? "healthy" : "unhealthy").key("version").value(LUMINATE_VERSION);
  json.key("storage").begin_object();
  json.key("backend").value(std::string_view(health.backend));
  json.key("status").value(health.healthy ? "ok" : "unavailable");
  // Anybody may ask, so that paths, addresses and errors stay in the log.
  if (!health.healthy) json.key("reason").value("the storage cannot be used now; the server's log says why");
  json.end_object();
  json.key("uptime_seconds").value(uptime.count()).end_object();

  http::Response response;
  response.status = health.healthy ? 200 : 503;
  response.body = json.text();
  if (!health.healthy) response.headers["Retry-After"] = "1";
  return response;
}

}  // namespace luminate::server::api
