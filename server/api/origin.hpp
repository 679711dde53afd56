#pragma once

#include <optional>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// 403 for a request that a browser sent on behalf of a page from elsewhere: its Origin is not the Host it asks.
/// A page of any site can make a browser post to 127.0.0.1, where everything that asks is trusted; it need not be able
/// to read the answer to do harm.
std::optional<http::Response> refuse_foreign_origin(const http::Request& request);

}  // namespace luminate::server::api
