#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// The scalars of JSON, each from the text of its token. Exactly RFC 8259: "01", "1.", "+1" and "NaN" are no numbers.
namespace luminate::ingest {

/// The nearest double, infinite where the number is beyond all of them; nothing where the token is no JSON number.
std::optional<double> parse_double(std::string_view token) noexcept;

/// A number as an integer, `otherwise` where it is none that fits; nothing where the token is no JSON number.
/// A fraction or an exponent makes a number no integer, whatever its value.
std::optional<std::int64_t> parse_integer(std::string_view token, std::int64_t otherwise) noexcept;

/// Decodes the escapes of a string's inside into `out`, which has room for `escaped.size()` bytes, and returns how many
/// it wrote; nothing where an escape is none, or is half of a surrogate pair.
std::optional<std::size_t> unescape(std::string_view escaped, char* out) noexcept;

}  // namespace luminate::ingest
