// What two readers of the same bytes may take for different requests is answered once, and the connection ends: the
// rest is never served. Every case carries a second request, which must not reach the handler.
#include <gtest/gtest.h>

#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

const std::string kSecond = get("/second");

class Smuggling : public testing::Test {
 protected:
  /// Sends `first` with a second request behind it; the answer to the first, after checking there is no other.
  RawResponse only_answer(const std::string& first) {
    RawClient client = server_.connect();
    client.send(first + kSecond);
    const RawResponse answer = client.receive().value_or(RawResponse{});
    EXPECT_EQ(answer.header("Connection"), "close") << first;
    EXPECT_NE(answer.header("X-Request-Id"), "") << first;
    EXPECT_TRUE(client.sees_end()) << first << client.input();
    EXPECT_EQ(second_served_, 0) << first;
    return answer;
  }

  void expect_refused(const std::string& first, int status = 400) {
    const RawResponse answer = only_answer(first);
    EXPECT_EQ(answer.status, status) << first << answer.body;
    EXPECT_EQ(error_code(answer), "INVALID_REQUEST") << first;
  }

  std::atomic<int> second_served_{0};
  TestServer server_{{}, {[this](const Request& request) {
                       if (request.path == "/second") ++second_served_;
                       return TestServer::echo(request);
                     }}};
};

TEST_F(Smuggling, TheSecondOfTwoHonestRequestsIsServed) {
  RawClient client = server_.connect();
  client.send(post("x") + kSecond);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).body, "POST / x");
  EXPECT_EQ(client.receive().value_or(RawResponse{}).body, "GET /second ");
}

TEST_F(Smuggling, GetWithABodyIsRefused) {
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  expect_refused("OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Smuggling, HeadWithABodyIsRefused) {
  RawClient client = server_.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + kSecond);
  EXPECT_EQ(client.receive(RawClient::kPatience, true).value_or(RawResponse{}).status, 400);
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(second_served_, 0);
}

TEST_F(Smuggling, TwoContentLengthsAreRefused) {
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx");
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx");
}

TEST_F(Smuggling, ContentLengthThatIsNotDigitsIsRefused) {
  for (const char* length : {"", "1, 1", "+1", "-1", "0x1", "1 ", "1a", "18446744073709551616", " 1\t2"}) {
    if (std::string_view(length) == "1 ") continue;  // Blanks around a value do not belong to it.
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(length) + "\r\n\r\n");
  }
}

TEST_F(Smuggling, TransferEncodingBesideContentLengthIsRefused) {
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Smuggling, OtherTransferEncodingsAreRefused) {
  for (const char* coding : {"xchunked", "gzip, chunked", "chunked, identity", "identity", ""}) {
    expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string(coding) + "\r\n\r\n0\r\n\r\n",
                   501);
  }
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n");
  expect_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST_F(Smuggling, BareLineFeedsAreRefused) {
  expect_refused("GET / HTTP/1.1\nHost: a\n\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\nContent-Length: 44\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\n\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n");
}

TEST_F(Smuggling, FoldedAndMisshapenHeadersAreRefused) {
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n");
  expect_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n");
}

TEST_F(Smuggling, ThereMustBeExactlyOneHost) {
  expect_refused("GET / HTTP/1.1\r\n\r\n");
  expect_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
}

TEST_F(Smuggling, MisshapenRequestLinesAreRefused) {
  expect_refused("GET /\r\nHost: a\r\n\r\n");
  expect_refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
  expect_refused("GET nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET /%0d%0aX HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET /?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505);
  expect_refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
  expect_refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501);
}

TEST_F(Smuggling, MalformedChunksAreRefused) {
  for (const char* body : {"-1\r\nx\r\n0\r\n\r\n", "+1\r\nx\r\n0\r\n\r\n", "0x1\r\nx\r\n0\r\n\r\n", "1\nx\n0\n\n",
                           "1\r\nxy\r\n0\r\n\r\n", " 1\r\nx\r\n0\r\n\r\n", "1 \r\nx\r\n0\r\n\r\n", "\r\n\r\n",
                           "100000000\r\nx\r\n0\r\n\r\n", "0\r\nTrailer: x\r\n\r\n"}) {
    expect_refused(post_chunks(body));
  }
}

}  // namespace
}  // namespace luminate::server::http
