#include "server/http/message.hpp"

#include <gtest/gtest.h>

namespace luminate::server::http {
namespace {

TEST(ErrorResponse, HasTheShapeOfEveryError) {
  const Response response = error_response(404, "NOT_FOUND", "no such path");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error": {"code": "NOT_FOUND", "message": "no such path", "details": {}}})");
  EXPECT_NE(error_response(400, "C", "m", R"({"a": 1})").body.find(R"("details": {"a": 1}})"), std::string::npos);
}

TEST(ErrorResponse, StaysJsonWhateverTheMessageQuotes) {
  const auto message = [](std::string_view text) {
    const std::string body = error_response(400, "C", text).body;
    const std::size_t start = body.find(R"("message": ")") + 12;
    return body.substr(start, body.rfind(R"(", "details")") - start);
  };
  EXPECT_EQ(message("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(message(std::string_view("\n\0\x1f\x7f", 4)), R"(\u000a\u0000\u001f\u007f)");
  EXPECT_EQ(message("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  EXPECT_EQ(message("\xFF"), kReplacement);
  EXPECT_EQ(message("\xC3"), kReplacement);
  EXPECT_EQ(message("\xC3x"), std::string(kReplacement) + "x");
  EXPECT_EQ(message("\xC0\x80"), std::string(kReplacement) + std::string(kReplacement));
  EXPECT_EQ(message("\xED\xA0\x80").find('\xED'), std::string::npos) << "surrogates are not text";
}

TEST(Headers, IgnoreCase) {
  const Headers headers{{"Content-Type", "a"}};
  EXPECT_EQ(headers.count("content-TYPE"), 1U);
  EXPECT_EQ(headers.count("content-typ"), 0U);
}

}  // namespace
}  // namespace luminate::server::http
