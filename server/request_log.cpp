#include "server/request_log.hpp"

#include "server/api/api.hpp"

namespace luminate::server {
namespace {

constexpr std::size_t kMaxPathShown = 256;

LogLevel level_of(const http::Request& request, const http::Response& response) {
  if (response.status >= 500) return LogLevel::error;
  // Supervisors ask every few seconds, and the answer that all is well is no news.
  return api::Api::is_urgent(request) ? LogLevel::debug : LogLevel::info;
}

/// The name of a field that most lines do not have.
std::string_view if_any(std::string_view text, std::string_view name) {
  return text.empty() ? std::string_view() : name;
}

}  // namespace

void log_request(Logger& logger, const config::Config::Logging& settings, const http::Request& request,
                 const http::Response& response, std::chrono::microseconds duration) noexcept {
  const double duration_ms = static_cast<double>(duration.count()) / 1000;
  const std::string_view path = std::string_view(request.path).substr(0, kMaxPathShown);
  logger.log(level_of(request, response), "request",
             {{"request_id", request.id},
              {"remote", request.remote_address},
              {if_any(response.tenant, "tenant"), response.tenant},
              {"method", std::string_view(request.method)},
              {"route", response.route},
              {"path", path},
              {"status", response.status},
              {if_any(response.code, "code"), response.code},
              {if_any(response.reason, "reason"), response.reason},
              {if_any(response.limited, "limit"), response.limited},
              {"duration_ms", duration_ms},
              {"bytes_in", request.received_bytes},
              {"bytes_out", response.body.size() + response.streamed_bytes},
              {"points", response.points}});
  if (settings.slow_query && duration >= *settings.slow_query && response.route == "/api/v1/query") {
    logger.log(LogLevel::warning, "slow query",
               {{"request_id", request.id},
                {if_any(response.tenant, "tenant"), response.tenant},
                {"duration_ms", duration_ms},
                {"points", response.points},
                {"query", std::string_view(request.body)}});
  }
}

}  // namespace luminate::server
