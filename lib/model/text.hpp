#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace luminate::model {

/// The first character of a text.
struct Utf8Character {
  char32_t code_point = 0;
  std::size_t length = 0;  ///< Bytes; 0 where the text does not begin with valid UTF-8.
};

/// Strict, as RFC 3629 has it: no surrogates, no overlong forms, nothing above U+10FFFF. @pre `text` is not empty.
Utf8Character first_character(std::string_view text) noexcept;

/// Whether all of it is what first_character() reads.
bool valid_utf8(std::string_view text) noexcept;

/// C0, DEL and C1: what must reach neither a dimension value nor a terminal.
constexpr bool is_control(char32_t c) noexcept {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

/// Text from outside, fit to stand in a one-line message: control characters and bytes that are not UTF-8 become
/// escapes such as \x0a, and what would take it past `max_bytes` is cut off, never inside a character or an escape.
std::string printable(std::string_view text, std::size_t max_bytes);

/// printable() in at most 64 bytes, short enough for a message, and "..." for what was cut off.
std::string excerpt(std::string_view text);

/// excerpt() in quotes.
std::string quote(std::string_view text);

}  // namespace luminate::model
