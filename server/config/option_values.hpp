#pragma once

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

#include "server/config/options.hpp"

// How options read their values. Everything throws ConfigError that names the option, the value, and what would be
// right.
namespace luminate::server::config {

/// @param value is quoted: no secret.
[[noreturn]] void refuse_value(const Option& option, std::string_view value, const std::string& expected);

template <class Number>
Number read_count(const Option& option, std::string_view value, Number minimum, Number maximum) {
  Number count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc() || end != value.data() + value.size() || count < minimum || count > maximum) {
    refuse_value(option, value, "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum));
  }
  return count;
}

std::chrono::milliseconds read_duration(const Option& option, std::string_view value, std::chrono::milliseconds minimum,
                                        std::chrono::milliseconds maximum);

bool read_flag(const Option& option, std::string_view value);

/// Text without control characters, of at most so many bytes.
std::string read_text(const Option& option, std::string_view value, std::size_t max_bytes);

}  // namespace luminate::server::config
