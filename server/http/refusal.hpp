#pragma once

#include <string>
#include <string_view>

namespace luminate::server::http {

/// Why the transport itself turns a request away. The client gets it in the shape of every error, then the connection
/// is closed: after anything odd nobody can know where the next request would begin.
struct Refusal {
  int status;
  std::string_view code;  ///< One of the constants below.
  std::string message;    ///< Never quotes the client's bytes.
};

inline constexpr std::string_view kInvalidRequest = "INVALID_REQUEST";
inline constexpr std::string_view kRequestTimeout = "REQUEST_TIMEOUT";
inline constexpr std::string_view kRequestTooLarge = "REQUEST_TOO_LARGE";
inline constexpr std::string_view kUnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";
inline constexpr std::string_view kHeadersTooLarge = "HEADERS_TOO_LARGE";
inline constexpr std::string_view kOverloaded = "OVERLOADED";
inline constexpr std::string_view kInternalError = "INTERNAL_ERROR";

}  // namespace luminate::server::http
