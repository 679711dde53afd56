#include "server/config/substitution.hpp"

#include <unistd.h>

#include <algorithm>

#include "server/config/config.hpp"

namespace luminate::server::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string resolve(std::string_view expression, const Environment& environment) {
  const std::size_t separator = expression.find(":-");
  const std::string_view name = expression.substr(0, separator);
  if (!is_variable_name(name)) {
    throw ConfigError("'${" + printable(expression.substr(0, 128)) +
                      "}' is no substitution; write ${VAR} or ${VAR:-default}, and $${ for a literal ${");
  }
  const auto found = environment.find(name);
  const bool is_set = found != environment.end();
  if (separator == std::string_view::npos) {
    if (is_set) return found->second;
    throw ConfigError("the environment variable " + std::string(name) + " is not set; set it, or write ${" +
                      std::string(name) + ":-default}");
  }
  const std::string_view fallback = expression.substr(separator + 2);
  if (fallback.find("${") != std::string_view::npos) {
    throw ConfigError("the default of ${" + std::string(name) + "} holds another ${; substitutions do not nest");
  }
  return is_set && !found->second.empty() ? found->second : std::string(fallback);
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string substitute(std::string_view text, const Environment& environment) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, 3) == "$${") {
      out += "${";
      at += 3;
    } else if (text.substr(at, 2) == "${") {
      const std::size_t close = text.find('}', at);
      if (close == std::string_view::npos) {
        throw ConfigError("'${' without a closing brace; write ${VAR}, and $${ for a literal ${");
      }
      out += resolve(text.substr(at + 2, close - at - 2), environment);
      at = close + 1;
    } else {
      out += text[at++];
    }
  }
  return out;
}

}  // namespace luminate::server::config
