#include "server/api/json.hpp"

#include <luminate/error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace luminate::server::api {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_object(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_request);
    return error.what();
  }
  return "";
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  JsonWriter json;
  json.begin_object().key("a").value(std::size_t{1}).key("b").begin_array().end_array();
  json.key("c").begin_array().value("x").begin_object().end_object().value(true).value(-2).end_array();
  json.key("d").begin_object().key("e").raw("null").end_object().end_object();
  EXPECT_EQ(json.text(), R"({"a":1,"b":[],"c":["x",{},true,-2],"d":{"e":null}})");
}

TEST(JsonWriter, EscapesAndMendsText) {
  JsonWriter json;
  json.value("\"\\\n\x01ü\xff");
  EXPECT_EQ(json.text(), "\"\\\"\\\\\\n\\u0001ü\xEF\xBF\xBD\"");
}

TEST(ParseObject, TakesAnObjectApart) {
  const auto members = parse_object(R"( {"a": {"b": [1, "x"]}, "c": "s", "d": null, "e": true, "f": 1.5} )");
  ASSERT_EQ(members.size(), 5u);
  EXPECT_EQ(members.at("a").text, R"({"b":[1,"x"]})");
  EXPECT_EQ(members.at("a").type, "an object");
  EXPECT_EQ(members.at("c").type, "a string");
  EXPECT_EQ(members.at("d").type, "null");
  EXPECT_EQ(members.at("e").type, "a boolean");
  EXPECT_EQ(members.at("f").type, "a number");
}

TEST(ParseObject, RefusesWhatIsNoObject) {
  for (const char* text : {"", " ", "{", "}", "[]", "1", "null", "{\"a\":}", "{\"a\":1,}", "{'a':1}", "{} {}",
                           "{\"a\":NaN}", "{\"a\":1e999}", "{\"a\":\"\xff\"}", "{\"a\":\"\n\"}", "// {}"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
}

TEST(ParseObject, RefusesRepeatedKeysAtAnyDepth) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":3})"), "the body repeats the key \"a\"");
  EXPECT_NE(refusal(R"({"a":[{"b":1},{"c":{"d":1,"d":2}}]})"), "");
  EXPECT_NE(refusal(R"({"a":{"x":1},"b":[1],"a":2})"), "");
  EXPECT_EQ(refusal(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]})"), "");
}

TEST(ParseObject, LimitsDepthAndSize) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(refusal(nested(kMaxJsonDepth)), "");
  EXPECT_EQ(refusal(nested(kMaxJsonDepth + 1)), "the body is nested deeper than 16 levels");
  EXPECT_NE(refusal("{\"a\":" + std::string(500'000, '[')), "");
  std::string text = "{}";
  text.resize(kMaxJsonBytes, ' ');
  EXPECT_EQ(refusal(text), "");
  EXPECT_NE(refusal(text + ' '), "");
}

}  // namespace
}  // namespace luminate::server::api
