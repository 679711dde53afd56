#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "server/http/content_encoding.hpp"
#include "server/http/message.hpp"

namespace luminate::server::http {

/// Compresses the body where it is worth it and the client takes it, and says so in Vary and Content-Encoding.
void compress_response(Response& response, std::string_view accept_encoding);

/// The same for a body whose size nobody knows yet. @returns how it is to be compressed.
ContentEncoding announce_encoding(Response& response, std::string_view accept_encoding);

/// How a client learns where the body ends.
enum class BodyFraming { length, chunked, until_close };

/// What goes on the wire before the body. The transport's own headers win over the handler's; names and values that
/// would break the framing are left out or made harmless, so no handler can split an answer.
std::string response_head(const Response& response, std::string_view request_id, bool close,
                          BodyFraming framing = BodyFraming::length);

/// An instant of the years 0 to 9999 as RFC 9110 writes it: "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string http_date(std::chrono::sys_seconds time);

/// 1xx, 204 and 304 have no body, whatever the handler says.
bool may_have_body(int status);

}  // namespace luminate::server::http
