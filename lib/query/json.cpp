#include "query/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "model/text.hpp"
#include "query/refuse.hpp"

namespace luminate::query {
namespace {

/// Receives the parser's events, which it sends without recursion, and stops it at the first limit: a document that
/// is too deep is never built, copied or destroyed.
class TreeBuilder {
 public:
  bool null() {
    add(JsonValue::Kind::null);
    return true;
  }
  bool boolean(bool /*value*/) {
    add(JsonValue::Kind::boolean);
    return true;
  }
  bool number_integer(std::int64_t value) {
    JsonValue& added = add(JsonValue::Kind::integer);
    added.integer = value;
    added.number = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string& /*text*/) {  // Finite: parse_error() gets the others.
    add(JsonValue::Kind::number).number = value;
    return true;
  }
  bool string(std::string& value) {
    add(JsonValue::Kind::text).text = std::move(value);
    return true;
  }
  bool binary(std::vector<std::uint8_t>& /*value*/) { return false; }  // JSON text has none.
  bool start_object(std::size_t /*size*/) { return open(JsonValue::Kind::object); }
  bool start_array(std::size_t /*size*/) { return open(JsonValue::Kind::array); }
  bool key(std::string& value) {
    open_.back()->keys.push_back(std::move(value));
    return true;
  }
  bool end_object() {
    const std::vector<std::string>& keys = open_.back()->keys;
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end()) refuse(model::excerpt(*twice), "the field is given twice; give it once");
    open_.pop_back();
    return true;
  }
  bool end_array() {
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/, const nlohmann::detail::exception& error) {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      refuse({}, "the JSON has a number beyond the range of a 64-bit float, before byte " + std::to_string(position));
    }
    // The parser's message quotes the input, bytes that are no UTF-8 included. Only its reason is of use.
    std::string_view reason = error.what();
    if (const auto dash = reason.find(" - "); dash != std::string_view::npos) reason.remove_prefix(dash + 3);
    reason = reason.substr(0, reason.find("; last read"));
    refuse({}, "not valid JSON at byte " + std::to_string(position) + ": " + model::excerpt(reason));
  }

  JsonValue take() { return std::move(root_); }

 private:
  JsonValue& add(JsonValue::Kind kind) {
    if (++values_ > kMaxJsonValues) {
      refuse({}, "the JSON has more than " + std::to_string(kMaxJsonValues) + " values; send fewer");
    }
    JsonValue& added = open_.empty() ? root_ : open_.back()->items.emplace_back();
    added.kind = kind;
    return added;
  }
  bool open(JsonValue::Kind kind) {
    if (open_.size() == kMaxJsonDepth) {
      refuse({}, "the JSON is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels; flatten it");
    }
    open_.push_back(&add(kind));
    return true;
  }

  JsonValue root_;
  std::vector<JsonValue*> open_;  ///< A parent's items do not move while a child of it is open: it is the last one.
  std::size_t values_ = 0;
};

template <typename Number>
void append_number(std::string& out, Number value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view key) const noexcept {
  const auto found = std::find(keys.begin(), keys.end(), key);
  return found == keys.end() ? nullptr : &items[static_cast<std::size_t>(found - keys.begin())];
}

JsonValue parse_json(std::string_view text) {
  if (text.size() > kMaxJsonSize) {
    refuse({}, "the JSON has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxJsonSize) +
                   " are allowed");
  }
  // The parser takes a NUL byte for the end of the input and would not see what stands behind it.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    refuse({}, "not valid JSON at byte " + std::to_string(nul + 1) + ": a NUL byte");
  }
  TreeBuilder builder;
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto is_special = [](char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; };
  out += '"';
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_special) - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else {
      out += {'\\', 'u', '0', '0', kHex[static_cast<unsigned char>(c) >> 4], kHex[c & 0xF]};
    }
  }
  out += '"';
}

void append_json_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_number(out, value);
  } else {
    out += "null";
  }
}
void append_json_number(std::string& out, std::int64_t value) {
  append_number(out, value);
}
void append_json_number(std::string& out, std::uint64_t value) {
  append_number(out, value);
}

}  // namespace luminate::query
