#pragma once

#include <optional>
#include <string>

#include "server/http/body_budget.hpp"
#include "server/http/connection_stream.hpp"
#include "server/http/content_encoding.hpp"
#include "server/http/http_server.hpp"
#include "server/http/refusal.hpp"
#include "server/http/request_head.hpp"

namespace luminate::server::http {

/// Reads the body that `head` announces, as it is on the wire, within the limits of size, time, rate and memory.
/// After a refusal the stream stands somewhere inside the body.
std::optional<Refusal> read_body(ConnectionStream& stream, const RequestHead& head, const HttpLimits& limits,
                                 BodyBudget::Share& share, std::string& body);

/// Decompresses a body in place, within the limits of size and memory.
std::optional<Refusal> decompress_body(ContentEncoding encoding, const HttpLimits& limits, BodyBudget::Share& share,
                                       std::string& body);

}  // namespace luminate::server::http
