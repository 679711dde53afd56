#include "server/request_log.hpp"

#include <limits>

#include "server/trace_context.hpp"

namespace luminate::server {
namespace {

constexpr std::size_t kMaxPathShown = 256;

LogLevel level_of(const http::Response& response, bool routine) {
  if (response.status >= 500) return LogLevel::error;
  return routine ? LogLevel::debug : LogLevel::info;
}

/// The name of a field that most lines do not have.
std::string_view if_any(std::string_view text, std::string_view name) {
  return text.empty() ? std::string_view() : name;
}

double in_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::uint64_t rejected(const http::Response& response) {
  std::uint64_t points = 0;
  for (const http::RejectedPoints& some : response.rejected) points += some.points;
  return points;
}

}  // namespace

void RequestLog::set_slow_query(SlowQuery slow_query) noexcept {
  slow_query_us_ = slow_query ? std::chrono::microseconds(*slow_query).count()
                              : std::numeric_limits<std::chrono::microseconds::rep>::max();
}

void RequestLog::answered(const http::Request& request, const http::Response& response,
                          std::chrono::microseconds duration, bool routine) noexcept {
  const TraceContext trace = trace_of(request);
  const std::uint64_t refused = rejected(response);
  logger_.log(level_of(response, routine), "request",
              {{"request_id", request.id},
               {if_any(trace.trace_id, "trace_id"), trace.trace_id},
               {if_any(trace.parent_id, "parent_span_id"), trace.parent_id},
               {"remote", request.remote_address},
               {if_any(response.tenant, "tenant"), response.tenant},
               {"method", std::string_view(request.method)},
               {"route", response.route},
               {"path", std::string_view(request.path).substr(0, kMaxPathShown)},
               {"status", response.status},
               {if_any(response.code, "code"), response.code},
               {if_any(response.reason, "reason"), response.reason},
               {if_any(response.limited, "limit"), response.limited},
               {"duration_ms", in_ms(duration)},
               {if_any(request.storage.operation, "storage_ms"), in_ms(request.storage.time)},
               {"bytes_in", request.received_bytes},
               {"bytes_out", response.body.size() + response.streamed_bytes},
               {"points", response.points},
               {refused > 0 ? "rejected" : "", refused}});
  if (duration.count() >= slow_query_us_ && response.route == "/api/v1/query") {
    logger_.log(LogLevel::warning, "slow query",
                {{"request_id", request.id},
                 {if_any(trace.trace_id, "trace_id"), trace.trace_id},
                 {if_any(response.tenant, "tenant"), response.tenant},
                 {"duration_ms", in_ms(duration)},
                 {"storage_ms", in_ms(request.storage.time)},
                 {"points", response.points},
                 {"query", std::string_view(request.body)}});
  }
}

void RequestLog::failed(const http::Request& request, std::string_view code, std::string_view what) noexcept {
  const TraceContext trace = trace_of(request);
  logger_.log(LogLevel::error, "request failed",
              {{"request_id", request.id},
               {if_any(trace.trace_id, "trace_id"), trace.trace_id},
               {if_any(trace.parent_id, "parent_span_id"), trace.parent_id},
               {"method", std::string_view(request.method)},
               {"path", std::string_view(request.path).substr(0, kMaxPathShown)},
               {if_any(code, "code"), code},
               {"error", what}});
}

}  // namespace luminate::server
