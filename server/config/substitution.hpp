#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace luminate::server::config {

/// Environment variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Those of this process.
Environment process_environment();

/// Replaces `${VAR}` by the variable's value and `${VAR:-text}` by it or, when it is unset or empty, by `text`.
/// `$${` stands for a literal `${`. What was put in is not looked at again. @throws ConfigError for a variable that is
/// unset and has no default, and for a `${` that is no substitution.
std::string substitute(std::string_view text, const Environment& environment);

}  // namespace luminate::server::config
