#include "query/text.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace luminate::query {
namespace {

constexpr std::size_t kMaxQuoted = 64;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Levenshtein distance, letter case aside.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char c : from) {
    std::size_t diagonal = std::exchange(row[0], row[0] + 1);
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::size_t replaced = diagonal + (lower(c) == lower(to[i]) ? 0 : 1);
      diagonal = std::exchange(row[i + 1], std::min({replaced, row[i] + 1, row[i + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace

void refuse(const std::string& field, const std::string& message) {
  throw Error(ErrorCode::invalid_query, field.empty() ? message : field + ": " + message, field);
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text.substr(0, kMaxQuoted)) {
    if (c >= 0x20 && c < 0x7F) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 0xF]};
    }
  }
  if (text.size() > kMaxQuoted) out += "...";
  return out;
}

std::string quoted(std::string_view text) {
  return '"' + printable(text) + '"';
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  word = word.substr(0, kMaxQuoted);
  return *std::min_element(candidates.begin(), candidates.end(), [&](std::string_view left, std::string_view right) {
    return edits(word, left) < edits(word, right);
  });
}

bool valid_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    // The second byte's bounds keep out overlong forms, surrogates and what is beyond U+10FFFF.
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xC2 || first > 0xF4 || byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t k = 2; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

}  // namespace luminate::query
