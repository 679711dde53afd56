#include "query/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "refusal.hpp"

namespace luminate::query {
namespace {

std::string refused(std::string_view text) {
  return refusal([&] { parse_json(text); });
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string nested(std::size_t depth) {
  return repeat("[", depth) + repeat("]", depth);
}
std::string nested_objects(std::size_t depth) {
  return repeat("{\"a\":", depth) + "1" + repeat("}", depth);
}

TEST(Json, ReadsEveryKindOfValue) {
  const JsonValue root = parse_json(R"( {"t":"x\u0041\n","i":-5,"n":2.5,"b":true,"z":null,"a":[1,[]],"o":{"k":"v"}} )");
  ASSERT_TRUE(root.is(JsonValue::Kind::object));
  EXPECT_EQ(root.keys, (std::vector<std::string>{"t", "i", "n", "b", "z", "a", "o"}));
  EXPECT_EQ(root.find("t")->text, "xA\n");
  EXPECT_EQ(root.find("i")->integer, -5);
  EXPECT_EQ(root.find("i")->number, -5.0);
  EXPECT_EQ(root.find("n")->number, 2.5);
  EXPECT_TRUE(root.find("n")->is(JsonValue::Kind::number));
  EXPECT_TRUE(root.find("b")->is(JsonValue::Kind::boolean));
  EXPECT_TRUE(root.find("z")->is(JsonValue::Kind::null));
  EXPECT_EQ(root.find("a")->items.size(), 2U);
  EXPECT_EQ(root.find("o")->find("k")->text, "v");
  EXPECT_EQ(root.find("x"), nullptr);
}

TEST(Json, KeepsIntegersExactUpToInt64) {
  EXPECT_EQ(parse_json("9223372036854775807").integer, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_json("-9223372036854775808").integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(parse_json("9223372036854775808").is(JsonValue::Kind::number));
  EXPECT_TRUE(parse_json("-9223372036854775809").is(JsonValue::Kind::number));
  EXPECT_TRUE(parse_json("18446744073709551616").is(JsonValue::Kind::number));
  EXPECT_TRUE(parse_json("1.0").is(JsonValue::Kind::number));
  EXPECT_TRUE(parse_json("1e2").is(JsonValue::Kind::number));
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text :
       {"",          " ",         "{",        "[",         "\"",        "{\"a\"",      "{\"a\":",     "{\"a\":1",
        "{\"a\":1,", "[1",        "[1,",      "tru",       "nul",       "-",           "1.",          "1e",
        "NaN",       "nan",       "Infinity", "-Infinity", "[1,]",      "{\"a\":1,}",  "{a:1}",       "{'a':1}",
        "01",        "+1",        ".5",       "0x1",       "{} {}",     "{}x",         "1 2",         "[]]",
        "// c\n1",   "/* c */ 1", "\"a\nb\"", "\"\\x\"",   "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "{\"a\" 1}",
        "{1:2}",     "]",         "}"}) {
    EXPECT_EQ(refused(text), "INVALID_QUERY ") << text;
  }
}

TEST(Json, RefusesNulBytesAndWhatStandsBehindThem) {
  EXPECT_EQ(refused(std::string_view("{}\0", 3)), "INVALID_QUERY ");
  EXPECT_EQ(refused(std::string_view("{}\0garbage", 10)), "INVALID_QUERY ");
  EXPECT_EQ(refused(std::string_view("\"a\0b\"", 5)), "INVALID_QUERY ");
  EXPECT_EQ(parse_json("\"a\\u0000b\"").text, std::string("a\0b", 3));
}

TEST(Json, RefusesInvalidUtf8InValuesAndKeys) {
  for (const char* bytes : {"\xff", "\xc0\x80", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe4\xb8"}) {
    EXPECT_EQ(refused('"' + std::string(bytes) + '"'), "INVALID_QUERY ");
    EXPECT_EQ(refused("{\"" + std::string(bytes) + "\":1}"), "INVALID_QUERY ");
  }
  EXPECT_EQ(parse_json("\"\xc3\xa4\xf0\x9d\x92\xb3\"").text, "\xc3\xa4\xf0\x9d\x92\xb3");
}

TEST(Json, RefusesNumbersBeyondFloat64) {
  EXPECT_EQ(refused("1e999"), "INVALID_QUERY ");
  EXPECT_EQ(refused("[-1e999]"), "INVALID_QUERY ");
  EXPECT_EQ(parse_json("1e308").number, 1e308);
  EXPECT_EQ(parse_json("1e-999").number, 0.0);
}

TEST(Json, RefusesRepeatedKeys) {
  EXPECT_EQ(refused(R"({"a":1,"b":2,"a":1})"), "INVALID_QUERY a");
  EXPECT_EQ(refused(R"({"a":1,"\u0061":1})"), "INVALID_QUERY a");
  EXPECT_EQ(refused(R"([{"x":{"a":1,"a":{}}}])"), "INVALID_QUERY a");
  EXPECT_EQ(parse_json(R"([{"a":1},{"a":1}])").items.size(), 2U);
}

TEST(Json, LimitsDepth) {
  EXPECT_NO_THROW(parse_json(nested(16)));
  EXPECT_EQ(refused(nested(17)), "INVALID_QUERY ");
  EXPECT_NO_THROW(parse_json(nested_objects(16)));
  EXPECT_EQ(refused(nested_objects(17)), "INVALID_QUERY ");
  EXPECT_EQ(refused(repeat("[", 500'000)), "INVALID_QUERY ");              // No recursion, however deep.
  EXPECT_NO_THROW(parse_json("[" + nested(15) + "," + nested(15) + "]"));  // Depth, not the number of brackets.
}

TEST(Json, LimitsSize) {
  const std::string longest = '"' + std::string(kMaxJsonSize - 2, 'x') + '"';
  EXPECT_EQ(parse_json(longest).text.size(), kMaxJsonSize - 2);
  EXPECT_EQ(refused(longest + " "), "INVALID_QUERY ");
}

TEST(Json, LimitsTheNumberOfValues) {
  EXPECT_EQ(parse_json("[" + repeat("1,", kMaxJsonValues - 2) + "1]").items.size(), kMaxJsonValues - 1);
  EXPECT_EQ(refused("[" + repeat("1,", kMaxJsonValues - 1) + "1]"), "INVALID_QUERY ");
}

TEST(Json, SaysWhereItBreaks) {
  std::string message;
  refusal([] { parse_json("{\"a\": x}"); }, &message);
  EXPECT_NE(message.find("byte 7"), std::string::npos) << message;
}

TEST(Json, EscapesStringsOnTheWayOut) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\/\n\x1f\x7f\xc3\xa4\0z", 11));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\u000a\\u001f\x7f\xc3\xa4\\u0000z\"");
  EXPECT_EQ(parse_json(out).text, std::string("a\"\\/\n\x1f\x7f\xc3\xa4\0z", 11));
  out.clear();
  append_json_string(out, "");
  EXPECT_EQ(out, "\"\"");
}

TEST(Json, PrintsNumbersSoThatTheyReadBackTheSame) {
  for (const double value : {0.1, 1.5, 1e22, -1e-7, 5e-324, 1.7976931348623157e308, 123456789.0, 1.0 / 3}) {
    std::string out;
    append_json_number(out, value);
    EXPECT_EQ(parse_json(out).number, value) << out;
  }
  std::string out;
  append_json_number(out, std::numeric_limits<double>::infinity());
  append_json_number(out, std::nan(""));
  EXPECT_EQ(out, "nullnull");
}

}  // namespace
}  // namespace luminate::query
