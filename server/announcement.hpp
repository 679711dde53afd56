#pragma once

#include "server/config/config.hpp"
#include "server/endpoints.hpp"
#include "server/http/tls_context.hpp"
#include "server/logging.hpp"

namespace luminate::server {

/// Tells that the server listens, and what its operator should know about that: in the log, and at a terminal in words.
/// @param tls null for plain HTTP.
void announce(const config::Config& config, const Endpoints& endpoints, const http::TlsContext* tls, Logger& logger);

}  // namespace luminate::server
