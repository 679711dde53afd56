#include "model/text.hpp"

namespace luminate::model {
namespace {

constexpr std::size_t kExcerptBytes = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Appends as much of `text` as fits and returns how much of it that was.
std::size_t append_printable(std::string& out, std::string_view text, std::size_t max_bytes) {
  std::size_t at = 0;
  while (at < text.size()) {
    const Utf8Character c = first_character(text.substr(at));
    if (c.length != 0 && !is_control(c.code_point)) {
      if (out.size() + c.length > max_bytes) break;
      out.append(text, at, c.length);
      at += c.length;
      continue;
    }
    if (out.size() + 4 > max_bytes) break;
    const auto byte = static_cast<unsigned char>(c.length == 0 ? static_cast<unsigned char>(text[at]) : c.code_point);
    out.append("\\x");
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
    at += c.length == 0 ? 1 : c.length;
  }
  return at;
}

}  // namespace

Utf8Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};

  std::size_t length = 0;
  char32_t smallest = 0;  // Below it the form is longer than it need be.
  char32_t code_point = 0;
  if ((lead & 0xE0) == 0xC0) {
    length = 2, smallest = 0x80, code_point = lead & 0x1F;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, smallest = 0x800, code_point = lead & 0x0F;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, smallest = 0x10000, code_point = lead & 0x07;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < smallest || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, length};
}

bool valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = first_character(text).length;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  append_printable(out, text, max_bytes);
  return out;
}

std::string excerpt(std::string_view text) {
  std::string out;
  if (append_printable(out, text, kExcerptBytes) < text.size()) out += "...";
  return out;
}

std::string quote(std::string_view text) {
  return '"' + excerpt(text) + '"';
}

}  // namespace luminate::model
