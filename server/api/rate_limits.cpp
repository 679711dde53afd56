#include "server/api/rate_limits.hpp"

#include <string_view>
#include <utility>

#include "server/api/json.hpp"

namespace luminate::server::api {
namespace {

std::string message_for(const limits::Quota& quota) {
  const std::string allowed = std::to_string(quota.allowed);
  const std::string later = "; try again in " + std::to_string(quota.retry_after.count()) + " s";
  switch (quota.limit) {
    case limits::Limit::write_requests:
      return "too many write requests: this tenant may make " + allowed + " a second" + later;
    case limits::Limit::query_requests:
      return "too many queries: this tenant may ask " + allowed + " a second" + later;
    case limits::Limit::points:
      return "too many points: this tenant may write " + allowed + " a second" + later;
    case limits::Limit::concurrent_queries:
      return "too many queries at once: this tenant may have " + allowed + " that have not ended" + later;
    case limits::Limit::none:
      break;
  }
  return "too many requests" + later;
}

}  // namespace

void show_quota(const limits::Quota& quota, http::Response& response) {
  if (quota.limit == limits::Limit::none) return;
  response.headers["X-RateLimit-Limit"] = std::to_string(quota.allowed);
  response.headers["X-RateLimit-Remaining"] = std::to_string(quota.remaining);
  response.headers["X-RateLimit-Reset"] = std::to_string(quota.full_after.count());
}

http::Response answer_to_exceeded(const limits::Quota& quota, std::string tenant) {
  JsonWriter details;
  details.begin_object();
  details.key("limit").value(limits::key_of(quota.limit));
  details.key("allowed").value(quota.allowed);
  details.key("retryAfterSeconds").value(quota.retry_after.count());
  details.end_object();
  http::Response response = http::error_response(429, "RATE_LIMIT_EXCEEDED", message_for(quota), details.text());
  response.headers["Retry-After"] = std::to_string(quota.retry_after.count());
  show_quota(quota, response);
  response.limited = limits::name_of(quota.limit);
  response.tenant = std::move(tenant);
  return response;
}

}  // namespace luminate::server::api
