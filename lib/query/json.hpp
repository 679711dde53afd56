#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::query {

/// A JSON document as a tree of plain values, for input of modest size that strangers send.
struct JsonValue {
  enum class Kind { null, boolean, integer, number, text, array, object };

  Kind kind = Kind::null;
  std::int64_t integer = 0;       ///< Of Kind::integer: a number written without fraction or exponent, within int64.
  double number = 0;              ///< Of Kind::number and Kind::integer. Finite.
  std::string text;               ///< Of Kind::text. Valid UTF-8; may contain "\0".
  std::vector<std::string> keys;  ///< Of Kind::object, in the order of the document, each once.
  std::vector<JsonValue> items;   ///< Of Kind::array, and of Kind::object beside `keys`.

  bool is(Kind wanted) const noexcept { return kind == wanted; }
  /// The member of an object with that key, or nullptr.
  const JsonValue* find(std::string_view key) const noexcept;
};

inline constexpr std::size_t kMaxJsonSize = std::size_t{1} << 20;
inline constexpr std::size_t kMaxJsonDepth = 16;       ///< Arrays and objects within each other.
inline constexpr std::size_t kMaxJsonValues = 10'000;  ///< Bounds the tree's memory, whatever the text repeats.

/// Reads one document and nothing behind it. @throws Error invalid_query: not RFC 8259 JSON in UTF-8, a number beyond
/// float64, a key repeated within an object, or more than the limits above.
JsonValue parse_json(std::string_view text);

/// Appends a string with its quotes. @pre `text` is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends a number as short as reads back the same, or null for what is not finite.
void append_json_number(std::string& out, double value);

void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);

}  // namespace luminate::query
