#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace luminate::server::http {

/// Undoes percent-encoding; with `plus_is_space`, as in query strings, "+" too.
/// @returns nothing for a broken escape, and for one that hides a control character.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// The parameters of "a=1&b=2"; a name without "=" has the empty value. @returns nothing where one does not decode.
std::optional<std::multimap<std::string, std::string>> parse_query_string(std::string_view text);

}  // namespace luminate::server::http
