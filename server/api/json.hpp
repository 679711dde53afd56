#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace luminate::server::api {

/// Writes JSON piece by piece, commas included. Bytes that are no UTF-8 become U+FFFD.
///
///     JsonWriter json;
///     json.begin_object().key("deleted").value(n).end_object();
///     return json.text();
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(std::unsigned_integral auto number) requires(!std::same_as<decltype(number), bool>) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(std::signed_integral auto number) { return raw(std::to_string(number)); }
  /// Adds a value that is JSON already.
  JsonWriter& raw(std::string_view json);

  const std::string& text() const { return text_; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string text_;
  bool needs_comma_ = false;
};

/// {"<name>": ["...", ...]}
std::string list_object(std::string_view name, std::span<const std::string> items);

/// A member of a JSON object that was parsed.
struct JsonMember {
  std::string_view type;  ///< "an object", "a string", ...: for messages.
  std::string text;       ///< Its value, as JSON.
};

inline constexpr std::size_t kMaxJsonDepth = 16;
inline constexpr std::size_t kMaxJsonBytes = 1024 * 1024;

using JsonMembers = std::map<std::string, JsonMember, std::less<>>;

/// Takes a JSON object apart. @throws Error invalid_request for what is not JSON, not an object, deeper than 16
/// levels, larger than 1 MiB, or repeats a key anywhere.
JsonMembers parse_object(std::string_view text);

// All of these throw Error invalid_request whose field() is the member's name.

void refuse_unknown(const JsonMembers& members, std::initializer_list<std::string_view> known);
/// Null where there is none of that name.
const JsonMember* find_member(const JsonMembers& members, std::string_view name);
std::string text_of(const JsonMember& member, std::string_view name);
std::string required_text(const JsonMembers& members, std::string_view name);
/// A whole number in [minimum, maximum], and written as one: 7.0 is none.
std::uint64_t whole_number(const JsonMember& member, std::string_view name, std::uint64_t minimum,
                           std::uint64_t maximum);

}  // namespace luminate::server::api
