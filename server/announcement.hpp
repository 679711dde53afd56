#pragma once

#include "server/config/config.hpp"
#include "server/endpoints.hpp"
#include "server/logging.hpp"

namespace luminate::server {

/// Tells that the server listens, and what its operator should know about that: in the log, and at a terminal in words.
void announce(const config::Config& config, const Endpoints& endpoints, Logger& logger);

}  // namespace luminate::server
