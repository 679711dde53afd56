#pragma once

#include <optional>
#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server {

/// The trace that a request belongs to, by W3C Trace Context. Lower-case hexadecimal digits that point into the header.
struct TraceContext {
  std::string_view trace_id;   ///< 32 of them.
  std::string_view parent_id;  ///< 16: the span of the caller.
};

/// What a traceparent header says; nothing where it breaks a rule: "00-", a trace id, "-", a parent id, "-", two digits
/// of flags, and neither id all zeros. Of versions that are yet to come more may follow behind another "-".
std::optional<TraceContext> parse_traceparent(std::string_view header);

/// That of a request: valid as long as its headers. Two ids that are empty where it has none.
TraceContext trace_of(const http::Request& request);

}  // namespace luminate::server
