#include "ingest/json_scalar.hpp"

#include <gtest/gtest.h>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace luminate::ingest {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(JsonNumber, IsTheNearestDouble) {
  EXPECT_EQ(parse_double("0"), 0.0);
  EXPECT_EQ(parse_double("12.5"), 12.5);
  EXPECT_EQ(parse_double("-1e3"), -1000.0);
  EXPECT_EQ(parse_double("1E+2"), 100.0);
  EXPECT_EQ(parse_double("0.1"), 0.1);
  EXPECT_EQ(parse_double("9007199254740993"), 9007199254740992.0);
  EXPECT_EQ(parse_double("9007199254740993.00000000000000000000000000000001"), 9007199254740994.0);
  EXPECT_EQ(parse_double("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(parse_double("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(parse_double("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(std::signbit(*parse_double("-0")));
  EXPECT_TRUE(std::signbit(*parse_double("-0.0e5")));
}

TEST(JsonNumber, IsInfiniteBeyondAllDoublesAndZeroBelow) {
  for (const std::string text : {"1e999", "1.8e308", "1e99999999999999999999999", "0.1e310", "123456789e301"}) {
    EXPECT_EQ(parse_double(text), kInfinity) << text;
    EXPECT_EQ(parse_double("-" + text), -kInfinity) << text;
  }
  EXPECT_EQ(parse_double(std::string(400, '9')), kInfinity);
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1e800"), kInfinity);
  for (const std::string text :
       {"1e-999", "1e-99999999999999999999999", "0e999", "0.0e99999999999999999999", "123456789e-360"}) {
    EXPECT_EQ(parse_double(text), 0.0) << text;
    EXPECT_TRUE(std::signbit(*parse_double("-" + text))) << text;
  }
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(parse_double("1" + std::string(400, '0') + "e-401"), 0.1);
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1e401"), 1.0);
}

TEST(JsonNumber, AgreesWithStrtodOnRandomTexts) {
  std::mt19937_64 random(1);
  const auto digits = [&](std::size_t most) {
    std::string text(random() % most + 1, '0');
    for (char& c : text) c = static_cast<char>('0' + random() % 10);
    return text;
  };
  for (int i = 0; i < 50'000; ++i) {
    std::string whole = digits(i % 10 == 0 ? 40 : 12);
    whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
    std::string text = (random() % 2 ? "-" : "") + whole;
    if (random() % 2) text += "." + digits(i % 10 == 1 ? 40 : 8);
    if (random() % 3 == 0) text += (random() % 2 ? "e-" : "E") + digits(3);
    const auto value = parse_double(text);
    ASSERT_TRUE(value) << text;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*value), std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)))
        << text;
  }
}

TEST(JsonNumber, ReadsEveryDoubleBackThatWasPrinted) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    const auto read = parse_double({text, static_cast<std::size_t>(end - text)});
    ASSERT_TRUE(read);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*read), std::bit_cast<std::uint64_t>(value));
  }
}

TEST(JsonNumber, RefusesWhatJsonHasNot) {
  for (const char* text :
       {"",    "-",   "+1",  "01",    "-01",  "00",           "1.",   ".5",       "-.5",       "1.e3",
        "1e",  "1e+", "1e-", "1e1.5", "0x10", "NaN",          "nan",  "Infinity", "-Infinity", "inf",
        "1 2", "1_0", "1,",  "--1",   "1e5x", "\xEF\xBC\x91", "true", "null",     "\"1\""}) {
    EXPECT_EQ(parse_double(text), std::nullopt) << text;
    EXPECT_EQ(parse_integer(text, 7), std::nullopt) << text;
  }
}

TEST(JsonInteger, ReadsAllOfInt64) {
  EXPECT_EQ(parse_integer("0", 7), 0);
  EXPECT_EQ(parse_integer("-0", 7), 0);
  EXPECT_EQ(parse_integer("1760000000000", 7), 1760000000000);
  EXPECT_EQ(parse_integer("-42", 7), -42);
  EXPECT_EQ(parse_integer("9223372036854775807", 7), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_integer("-9223372036854775808", 7), std::numeric_limits<std::int64_t>::min());
}

TEST(JsonInteger, GivesTheSubstituteForOtherNumbers) {
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999",
                           "18446744073709551617", "1.5", "1.0", "1e3", "0e0", "1E0", "-1e-5"}) {
    EXPECT_EQ(parse_integer(text, 7), 7) << text;
  }
}

std::optional<std::string> unescaped(std::string_view escaped) {
  std::string out(escaped.size(), '\0');
  const auto length = unescape(escaped, out.data());
  if (!length) return std::nullopt;
  return out.substr(0, *length);
}

TEST(JsonEscape, IsDecoded) {
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"(a\u0041z\u00e9\u65E5)"), "aAzé日");
  EXPECT_EQ(unescaped(R"(\ud83d\ude42)"), "🙂");
  EXPECT_EQ(unescaped(R"(\uDBFF\uDFFF)"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(unescaped(R"(\u0000x)"), std::string("\0x", 2));
  EXPECT_EQ(unescaped(R"(\\u0041)"), "\\u0041");
}

TEST(JsonEscape, IsRefusedWhenBroken) {
  for (const char* text : {R"(\)", R"(\x)", R"(\u)", R"(\u12)", R"(\u12G4)", R"(\u-123)", R"(\U0041)", R"(\ud800)",
                           R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00)",
                           R"(\ud800\udc0)", R"(\ud800\)", R"(\0)", R"(\')"}) {
    EXPECT_EQ(unescaped(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace luminate::ingest
