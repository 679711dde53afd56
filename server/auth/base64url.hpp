#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace luminate::server::auth {

/// RFC 4648, section 5, without padding, as RFC 7515 wants it.
std::string encode_base64url(std::string_view bytes);

/// Takes only what encode_base64url() makes: no padding, no white space, no stray bits behind the last byte, so that
/// one text and no other stands for the same bytes.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace luminate::server::auth
