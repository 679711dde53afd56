#include "server/http/request_head.hpp"

#include <gtest/gtest.h>

#include "server/http/url.hpp"

namespace luminate::server::http {
namespace {

using State = HeadScanner::State;

TEST(HeadScanner, FindsTheEndByteByByte) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadScanner scanner;
  for (std::size_t size = 0; size < head.size(); ++size) {
    ASSERT_EQ(scanner.scan(head.substr(0, size)), State::more) << size;
    EXPECT_EQ(scanner.has_request_line(), size >= 16);
  }
  EXPECT_EQ(scanner.scan(head + "more"), State::complete);
  EXPECT_EQ(scanner.size(), head.size());
}

TEST(HeadScanner, SeesBareLineFeeds) {
  for (const char* head : {"\n", "GET\n", "GET\r\n\n", "GET\r\nHost: a\n"}) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(head), State::bare_line_feed) << head;
  }
}

TEST(RequestHead, ReadsWhatFramesTheBody) {
  RequestHead head;
  EXPECT_FALSE(
      parse_request_head("POST /a?b=c HTTP/1.1\r\nHOST:x\r\ncontent-length:\t7 \r\n\r\n", {}, head).has_value());
  EXPECT_EQ(head.content_length, 7U);
  EXPECT_TRUE(head.has_body());
  EXPECT_TRUE(head.keep_alive);

  RequestHead chunked;
  EXPECT_FALSE(
      parse_request_head("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n", {}, chunked).has_value());
  EXPECT_TRUE(chunked.chunked);

  RequestHead empty;
  EXPECT_FALSE(parse_request_head("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", {}, empty).has_value());
  EXPECT_FALSE(empty.has_body());
}

TEST(PercentDecode, RefusesBrokenEscapesAndControlCharacters) {
  EXPECT_EQ(percent_decode("a%2Fb%c3%A9+"), "a/b\xC3\xA9+");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* text : {"%", "%4", "%4g", "%-1", "% 1", "%00", "%0d", "%1f", "%7f", "\n"}) {
    EXPECT_FALSE(percent_decode(text).has_value()) << text;
  }
}

TEST(QueryString, KeepsOrderlessParameters) {
  using Parameters = std::multimap<std::string, std::string>;
  EXPECT_EQ(parse_query_string(""), Parameters{});
  EXPECT_EQ(parse_query_string("&&a&=b&c=d=e&"), (Parameters{{"a", ""}, {"", "b"}, {"c", "d=e"}}));
  EXPECT_FALSE(parse_query_string("a=%").has_value());
}

}  // namespace
}  // namespace luminate::server::http
