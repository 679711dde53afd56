#pragma once

#include <chrono>

#include "server/config/config.hpp"
#include "server/http/message.hpp"
#include "server/logging.hpp"

namespace luminate::server {

/// Logs an answered request, as one line; and a slow query with its text, as another.
void log_request(Logger& logger, const config::Config::Logging& settings, const http::Request& request,
                 const http::Response& response, std::chrono::microseconds duration) noexcept;

}  // namespace luminate::server
