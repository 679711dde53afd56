#pragma once

#include <luminate/error.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "server/http/message.hpp"
#include "server/logging.hpp"

namespace luminate::server {

/// Writes what becomes of requests into the log: a line for each, one more for a slow query with its text, and one for
/// what a client is not told. Any thread may use it.
class RequestLog {
 public:
  using SlowQuery = std::optional<std::chrono::milliseconds>;

  /// @param logger outlives this. @param slow_query queries that take at least so long are slow; empty: none is.
  RequestLog(Logger& logger, SlowQuery slow_query) : logger_(logger) { set_slow_query(slow_query); }

  void set_slow_query(SlowQuery slow_query) noexcept;

  /// @param routine one of those that supervisors send every few seconds: that all is well is no news.
  void answered(const http::Request& request, const http::Response& response, std::chrono::microseconds duration,
                bool routine) noexcept;
  /// The error whose text its answer hides.
  void failed(const http::Request& request, std::string_view code, std::string_view what) noexcept;

 private:
  Logger& logger_;
  std::atomic<std::chrono::microseconds::rep> slow_query_us_{0};
};

}  // namespace luminate::server
