#pragma once

#include <string>

#include "server/http/message.hpp"
#include "server/limits/tenant_limiter.hpp"

namespace luminate::server::api {

/// Tells the client how much is left: X-RateLimit-Limit, -Remaining, and -Reset, the seconds until all of it is there
/// again. Nothing where there is no limit.
void show_quota(const limits::Quota& quota, http::Response& response);

/// 429 RATE_LIMIT_EXCEEDED, with Retry-After.
http::Response answer_to_exceeded(const limits::Quota& quota, std::string tenant);

}  // namespace luminate::server::api
