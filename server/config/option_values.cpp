#include "server/config/option_values.hpp"

#include <luminate/query.hpp>

#include <algorithm>

namespace luminate::server::config {

void refuse_value(const Option& option, std::string_view value, const std::string& expected) {
  throw ConfigError(std::string(option.name) + " must be " + expected + ", not '" + printable(value.substr(0, 64)) +
                    "'");
}

std::chrono::milliseconds read_duration(const Option& option, std::string_view value, std::chrono::milliseconds minimum,
                                        std::chrono::milliseconds maximum) {
  const auto length = parse_duration(value);
  if (!length || *length < minimum || *length > maximum) {
    refuse_value(
        option, value,
        "a duration from " + format_duration(minimum) + " to " + format_duration(maximum) + ", such as 30s or 1m30s");
  }
  return *length;
}

bool read_flag(const Option& option, std::string_view value) {
  if (value != "true" && value != "false") refuse_value(option, value, "true or false");
  return value == "true";
}

std::string read_text(const Option& option, std::string_view value, std::size_t max_bytes) {
  if (value.size() > max_bytes || std::any_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
      })) {
    refuse_value(option, value, "text of at most " + std::to_string(max_bytes) + " bytes, without control characters");
  }
  return std::string(value);
}

}  // namespace luminate::server::config
