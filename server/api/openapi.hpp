#pragma once

#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// The whole API as OpenAPI 3.1: server/api/openapi.json, with this version in it.
std::string_view openapi_document() noexcept;

/// Differs where the document does. Weak, as the document may travel compressed.
std::string_view openapi_tag() noexcept;

/// GET /openapi.json: 304 for those who have it.
http::Response openapi(const http::Request& request);

}  // namespace luminate::server::api
