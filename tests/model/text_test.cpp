#include "model/text.hpp"

#include <gtest/gtest.h>
#include <string>

namespace luminate::model {
namespace {

using namespace std::string_literals;

/// UTF-8 by the book, for comparison.
std::string encode(char32_t c) {
  const auto byte = [](char32_t b) { return static_cast<char>(b); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
  if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
  return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

TEST(Utf8, ReadsEveryCodePointAndNoSurrogate) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const std::string text = encode(c) + "x";
    const auto read = first_character(text);
    if (c >= 0xD800 && c <= 0xDFFF) {
      ASSERT_EQ(read.length, 0U) << static_cast<unsigned>(c);
    } else {
      ASSERT_EQ(read.code_point, c);
      ASSERT_EQ(read.length, text.size() - 1);
    }
  }
}

TEST(Utf8, RefusesWhatIsNone) {
  for (const std::string& text :
       {"\x80"s, "\xBF"s, "\xC3"s, "\xC3("s, "\xE2\x82"s, "\xE2\x28\xA1"s, "\xF0\x9F\x98"s, "\xFE"s, "\xFF"s,
        "\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xF0\x8F\xBF\xBF"s,  // overlong
        "\xED\xA0\x80"s, "\xED\xBF\xBF"s,                                // surrogates
        "\xF4\x90\x80\x80"s, "\xF5\x80\x80\x80"s, "\xF8\x88\x80\x80\x80"s}) {
    EXPECT_EQ(first_character(text).length, 0U) << quote(text);
  }
}

TEST(Printable, LeavesGoodTextAlone) {
  EXPECT_EQ(printable("plain \"text\" \\ äöü 日本 🙂", 100), "plain \"text\" \\ äöü 日本 🙂");
  EXPECT_EQ(printable("", 10), "");
}

TEST(Printable, EscapesControlCharactersAndBadBytes) {
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f\0"s, 100), "a\\x0ab\\x1b[31m\\x7f\\x00");
  EXPECT_EQ(printable("\xC2\x85\xC2\xA0", 100), "\\x85\xC2\xA0");
  EXPECT_EQ(printable("\xFF\xC3(", 100), "\\xff\\xc3(");
}

TEST(Printable, CutsBetweenCharactersAndEscapes) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef");
  EXPECT_EQ(printable("abcdeä", 6), "abcde");
  EXPECT_EQ(printable("abc\n", 6), "abc");
  EXPECT_EQ(printable("ab\n", 6), "ab\\x0a");
}

TEST(Utf8, IsValidWhereEveryCharacterIs) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8("aä世🙂\n"));
  EXPECT_FALSE(valid_utf8("aä\xFF"));
  EXPECT_FALSE(valid_utf8("\xC3(a"));
}

TEST(Excerpt, ShowsThatSomethingWasCutOff) {
  EXPECT_EQ(excerpt("a\n"), "a\\x0a");
  EXPECT_EQ(excerpt(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(excerpt(std::string(65, 'a')), std::string(64, 'a') + "...");
}

TEST(Quote, ShowsThatSomethingWasCutOff) {
  EXPECT_EQ(quote("abc"), "\"abc\"");
  EXPECT_EQ(quote(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
  EXPECT_EQ(quote(std::string(65, 'a')), "\"" + std::string(64, 'a') + "...\"");
}

}  // namespace
}  // namespace luminate::model
