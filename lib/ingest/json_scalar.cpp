#include "ingest/json_scalar.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>

namespace luminate::ingest {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A number taken apart: mantissa x 10^exponent, as far as it was kept.
struct Scanned {
  bool negative = false;
  bool is_integer = true;  ///< Neither fraction nor exponent.
  bool is_exact = true;    ///< The mantissa holds all digits.
  std::uint64_t mantissa = 0;
  std::int64_t exponent = 0;  ///< Saturated far outside of what a double reaches.
};

constexpr std::uint64_t kMantissaRoom = (std::numeric_limits<std::uint64_t>::max() - 9) / 10;
constexpr std::uint64_t kRoomForEight = 100'000'000'000;
constexpr std::int64_t kHugeExponent = 1'000'000'000;

/// Eight digits at once: pairs, then fours, then the eight. Nothing where one of the bytes is no digit.
std::optional<std::uint64_t> eight_digits(const char* text) {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 8; ++i) {
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << 8 * i;  // A single load, little-endian.
  }
  constexpr std::uint64_t kEach = 0x0101010101010101ULL;
  const std::uint64_t not_digits = ((word + kEach * 0x46) | (word - kEach * 0x30)) & kEach * 0x80;
  if (not_digits != 0) return std::nullopt;
  word -= kEach * 0x30;
  word = word * 10 + (word >> 8);
  constexpr std::uint64_t kMask = 0x000000FF000000FFULL;
  constexpr std::uint64_t kUpper = 0x000F424000000064ULL;  // 1,000,000 and 100
  constexpr std::uint64_t kLower = 0x0000271000000001ULL;  // 10,000 and 1
  return ((word & kMask) * kUpper + (word >> 16 & kMask) * kLower) >> 32;
}

/// Returns false where the token is no number. Inlined, since half of what it finds is of no interest to each caller.
[[gnu::always_inline]] inline bool scan(std::string_view token, Scanned& number) {
  const char* at = token.data();
  const char* const end = at + token.size();
  const auto take_digits = [&](int exponent_step) {
    const char* const first = at;
    while (end - at >= 8 && number.mantissa < kRoomForEight) {
      const auto eight = eight_digits(at);
      if (!eight) break;
      number.mantissa = number.mantissa * 100'000'000 + *eight;
      number.exponent += 8 * exponent_step;
      at += 8;
    }
    for (; at != end && is_digit(*at); ++at) {
      if (number.mantissa <= kMantissaRoom) {
        number.mantissa = number.mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
        number.exponent += exponent_step;
      } else {
        number.is_exact = false;
        number.exponent += exponent_step + 1;
      }
    }
    return at - first;
  };

  if (at != end && *at == '-') number.negative = true, ++at;
  const char* const whole = at;
  const auto whole_digits = take_digits(0);
  if (whole_digits == 0 || (whole_digits > 1 && *whole == '0')) return false;
  if (at != end && *at == '.') {
    ++at;
    number.is_integer = false;
    if (take_digits(-1) == 0) return false;
  }
  if (at != end && (*at == 'e' || *at == 'E')) {
    ++at;
    number.is_integer = false;
    const bool negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+')) ++at;
    if (at == end || !is_digit(*at)) return false;
    std::int64_t exponent = 0;
    for (; at != end && is_digit(*at); ++at) {
      if (exponent < kHugeExponent) exponent = exponent * 10 + (*at - '0');
    }
    number.exponent += negative ? -exponent : exponent;
  }
  if (at != end) return false;
  return true;
}

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value << 4 | static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

char* put_utf8(char* out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
  return out;
}

/// Takes what follows "\u" off `rest`.
std::optional<std::uint32_t> take_code_point(std::string_view& rest) {
  const auto first = hex4(rest);
  if (!first) return std::nullopt;
  rest.remove_prefix(4);
  if (*first < 0xD800 || *first > 0xDFFF) return first;
  if (*first > 0xDBFF || !rest.starts_with("\\u")) return std::nullopt;
  const auto second = hex4(rest.substr(2));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
  rest.remove_prefix(6);
  return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace

std::optional<double> parse_double(std::string_view token) noexcept {
  Scanned number;
  if (!scan(token, number)) return std::nullopt;

  // Both factors are exact doubles, so the one rounding of their product or quotient is the right one (Clinger).
  static constexpr std::array kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr std::uint64_t kExactIntegers = std::uint64_t{1} << 53;
  constexpr auto kLargestPower = static_cast<std::int64_t>(kPowers.size()) - 1;
  if (number.is_exact && number.mantissa <= kExactIntegers && number.exponent >= -kLargestPower &&
      number.exponent <= kLargestPower) {
    const auto mantissa = static_cast<double>(number.mantissa);
    const double value = number.exponent < 0 ? mantissa / kPowers[static_cast<std::size_t>(-number.exponent)]
                                             : mantissa * kPowers[static_cast<std::size_t>(number.exponent)];
    return number.negative ? -value : value;
  }

  double value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too large or too small? The mantissa has at most 20 digits, so the exponent alone tells.
    value = number.mantissa != 0 && number.exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return number.negative ? -value : value;
  }
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view token, std::int64_t otherwise) noexcept {
  Scanned number;
  if (!scan(token, number)) return std::nullopt;
  if (!number.is_integer) return otherwise;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (number.is_exact && number.mantissa <= kLargest) {
    const auto magnitude = static_cast<std::int64_t>(number.mantissa);
    return number.negative ? -magnitude : magnitude;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() ? value : otherwise;
}

std::optional<std::size_t> unescape(std::string_view escaped, char* out) noexcept {
  char* const begin = out;
  while (!escaped.empty()) {
    const std::size_t plain = std::min(escaped.find('\\'), escaped.size());
    std::memcpy(out, escaped.data(), plain);
    out += plain;
    escaped.remove_prefix(plain);
    if (escaped.empty()) break;
    if (escaped.size() < 2) return std::nullopt;
    const char kind = escaped[1];
    escaped.remove_prefix(2);
    if (kind == 'u') {
      const auto code_point = take_code_point(escaped);
      if (!code_point) return std::nullopt;
      out = put_utf8(out, *code_point);
    } else if (const char c = simple_escape(kind)) {
      *out++ = c;
    } else {
      return std::nullopt;
    }
  }
  return static_cast<std::size_t>(out - begin);
}

}  // namespace luminate::ingest
