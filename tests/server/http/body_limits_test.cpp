#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <vector>

#include "server/http/content_encoding.hpp"
#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

constexpr std::size_t kMost = 100'000;

HttpLimits small_bodies() {
  HttpLimits limits;
  limits.linger_timeout = RawClient::kPatience;
  limits.max_body_bytes = kMost;
  return limits;
}

/// Answers with the size of the body.
Response measure(const Request& request) {
  return {200, std::to_string(request.body.size()), "text/plain", {}};
}

class BodyLimits : public testing::Test {
 protected:
  void expect_size(const std::string& request, std::size_t size) {
    const RawResponse answer = ask(server_, request);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body, std::to_string(size));
  }
  void expect_refused(const std::string& request, int status, const std::string& code) {
    const RawResponse answer = ask(server_, request);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(error_code(answer), code);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_NE(answer.header("X-Request-Id"), "");
  }
  void expect_too_large(const std::string& request) { expect_refused(request, 413, "REQUEST_TOO_LARGE"); }

  TestServer server_{small_bodies(), {&measure}};
};

TEST_F(BodyLimits, PlainBodies) {
  expect_size(post(std::string(kMost, 'x')), kMost);
  expect_too_large(post(std::string(kMost + 1, 'x')));
}

TEST(BodyRefusal, ComesBeforeTheBodyIsRead) {
  std::atomic<int> handled = 0;
  const TestServer server(small_bodies(), {.handle =
                                               [&](const Request& request) {
                                                 ++handled;
                                                 return measure(request);
                                               },
                                           .admit = [](Request& head) -> std::optional<Response> {
                                             if (head.headers.contains("Authorization")) return std::nullopt;
                                             return error_response(401, "UNAUTHORIZED", "no token");
                                           }});
  // None of the body is sent, and no word to send it comes.
  RawClient client = server.connect();
  const auto refused = client.ask("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(error_code(*refused), "UNAUTHORIZED");
  EXPECT_EQ(refused->header("Connection"), "close");
  EXPECT_EQ(ask(server, post("hello", "Content-Encoding: gzip\r\n")).status, 401);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(ask(server, post("hello", "Authorization: x\r\n")).body, "5");
  // There is no body that could be in the way of another request.
  RawClient asking = server.connect();
  EXPECT_EQ(asking.ask(get("/")).value_or(RawResponse{}).status, 401);
  EXPECT_EQ(asking.ask(get("/", "Authorization: x\r\n")).value_or(RawResponse{}).body, "0");
}

TEST(BodyRefusal, LetsWhoIsTooFastComeAgainOnTheSameConnection) {
  std::atomic<int> handled = 0;
  HttpLimits limits = small_bodies();
  limits.max_body_bytes = 1024 * 1024;
  const TestServer server(limits, {.handle =
                                       [&](const Request& request) {
                                         ++handled;
                                         return measure(request);
                                       },
                                   .admit = [](Request& head) -> std::optional<Response> {
                                     if (!head.headers.contains("X-Fast")) return std::nullopt;
                                     return error_response(429, "RATE_LIMIT_EXCEEDED", "too many");
                                   }});
  constexpr std::size_t kSkipped = 64 * 1024;
  RawClient client = server.connect();
  const auto refused = client.ask(post(std::string(kSkipped, 'x'), "X-Fast: 1\r\n")).value_or(RawResponse{});
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.header("Connection"), "");
  EXPECT_EQ(client.ask(post("hello")).value_or(RawResponse{}).body, "5");
  // What is larger, or whose size nobody knows, is not read.
  for (const std::string& request :
       {post(std::string(kSkipped + 1, 'x'), "X-Fast: 1\r\n"), post_chunks(chunk("x") + chunk(""), "X-Fast: 1\r\n")}) {
    const RawResponse cut_off = ask(server, request);
    EXPECT_EQ(cut_off.status, 429);
    EXPECT_EQ(cut_off.header("Connection"), "close");
  }
  EXPECT_EQ(handled, 1);
}

TEST_F(BodyLimits, ChunkedBodies) {
  const std::string half(kMost / 2, 'x');
  expect_size(post_chunks(chunk(half) + chunk(half) + chunk("")), kMost);
  expect_too_large(post_chunks(chunk(half) + chunk(half) + chunk("x") + chunk("")));
  expect_too_large(post_chunks(chunk(std::string(20 * kMost, 'x')) + chunk("")));
}

TEST_F(BodyLimits, ChunksOfManySizesArriveWhole) {
  std::string chunks;
  std::size_t total = 0;
  for (std::size_t size = 1; size < 300; ++size, total += size - 1) chunks += chunk(std::string(size, 'x'));
  expect_size(post_chunks(chunks + chunk("")), total);
}

TEST_F(BodyLimits, FramingOfChunksCountsToo) {
  std::string wasteful;
  while (wasteful.size() < 3 * kMost) wasteful += "1;" + std::string(100, 'e') + "\r\nx\r\n";
  expect_too_large(post_chunks(wasteful + chunk("")));
}

TEST_F(BodyLimits, CompressedBodiesAreMeasuredDecompressed) {
  for (const auto encoding : {ContentEncoding::gzip, ContentEncoding::zstd}) {
    const std::string header = "Content-Encoding: " + std::string(content_encoding_name(encoding)) + "\r\n";
    expect_size(post(encode_content(encoding, std::string(kMost, 'x')), header), kMost);
    expect_too_large(post(encode_content(encoding, std::string(kMost + 1, 'x')), header));
    const std::string bomb = encode_content(encoding, std::string(300 * kMost, '\0'));
    ASSERT_LT(bomb.size(), kMost);
    expect_too_large(post(bomb, header));
    expect_too_large(post_chunks(chunk(bomb) + chunk(""), header));
  }
}

TEST_F(BodyLimits, DamagedCompressedBodiesAreInvalid) {
  for (const auto encoding : {ContentEncoding::gzip, ContentEncoding::zstd}) {
    const std::string header = "Content-Encoding: " + std::string(content_encoding_name(encoding)) + "\r\n";
    const std::string whole = encode_content(encoding, "hello");
    expect_refused(post(whole.substr(0, whole.size() - 1), header), 400, "INVALID_REQUEST");
    expect_refused(post(whole + "x", header), 400, "INVALID_REQUEST");
    expect_refused(post("hello", header), 400, "INVALID_REQUEST");
  }
}

TEST_F(BodyLimits, UnknownContentEncodingsAreUnsupported) {
  expect_size(post("hello", "Content-Encoding: identity\r\n"), 5);
  for (const std::string name : {"br", "deflate", "gzip, gzip", "gzip, identity", "xgzip"}) {
    expect_refused(post("hello", "Content-Encoding: " + name + "\r\n"), 415, "UNSUPPORTED_MEDIA_TYPE");
  }
}

TEST_F(BodyLimits, AnnouncedSizesAreRefusedBeforeTheyAreSent) {
  expect_too_large("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\nExpect: 100-continue\r\n\r\n");
}

TEST_F(BodyLimits, ClientsThatReadOnlyAfterSendingLearnWhy) {
  RawClient client = server_.connect();
  // More than the sockets' buffers hold: without somebody who reads it, the connection would be reset.
  EXPECT_TRUE(client.send(post(std::string(20'000'000, 'x'))));
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 413);
}

TEST_F(BodyLimits, BodiesThatEndEarlyAreInvalid) {
  RawClient client = server_.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  client.finish_sending();
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 400);
}

TEST(BodyTime, ABodyThatDripsIsCutOffForItsRate) {
  HttpLimits limits;
  limits.min_body_rate_grace = std::chrono::milliseconds(100);
  TestServer server(limits);
  RawClient client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_TRUE(drip(client, "x"));
  const RawResponse answer = client.receive().value_or(RawResponse{});
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(error_code(answer), "REQUEST_TIMEOUT");
}

TEST(BodyTime, ABodyHasOneDeadlineHoweverFastItDrips) {
  HttpLimits limits;
  limits.read_timeout = std::chrono::milliseconds(300);
  limits.min_body_bytes_per_second = 0;
  TestServer server(limits);
  RawClient client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(drip(client, chunk("x")));
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 408);
}

TEST(BodyMemory, AllBodiesTogetherAreBounded) {
  HttpLimits limits;
  limits.max_buffered_body_bytes = 384 * 1024;
  std::latch entered(1);
  std::latch release(1);
  TestServer server(limits, {[&](const Request& request) {
                      if (request.headers.contains("X-Hold")) {
                        entered.count_down();
                        release.wait();
                      }
                      return measure(request);
                    }});
  const std::string body(200 * 1024, 'x');
  RawClient holder = server.connect();
  holder.send(post(body, "X-Hold: yes\r\n"));
  entered.wait();

  const RawResponse answer = ask(server, post(body));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(error_code(answer), "OVERLOADED");
  EXPECT_NE(answer.header("Retry-After"), "");
  EXPECT_EQ(ask(server, post("small")).status, 200);

  release.count_down();
  EXPECT_EQ(holder.receive().value_or(RawResponse{}).body, std::to_string(body.size()));
  EXPECT_EQ(holder.ask(post(body)).value_or(RawResponse{}).status, 200);
}

TEST(BodyMemory, WhatBodiesBecomeWhenDecompressedIsBoundedToo) {
  HttpLimits limits;
  limits.max_body_bytes = 600'000;
  limits.max_buffered_body_bytes = 1'000'000;
  std::latch entered(1);
  std::latch release(1);
  TestServer server(limits, {[&](const Request& request) {
                      if (request.headers.contains("X-Hold")) {
                        entered.count_down();
                        release.wait();
                      }
                      return measure(request);
                    }});
  RawClient holder = server.connect();
  holder.send(post(std::string(500'000, 'x'), "X-Hold: yes\r\n"));
  entered.wait();

  const std::string zipped =
      post(encode_content(ContentEncoding::gzip, std::string(400'000, 'x')), "Content-Encoding: gzip\r\n");
  EXPECT_EQ(error_code(ask(server, zipped)), "OVERLOADED");

  release.count_down();
  EXPECT_EQ(holder.receive().value_or(RawResponse{}).status, 200);
  EXPECT_EQ(holder.ask(zipped).value_or(RawResponse{}).body, "400000");
}

TEST(BodyMemory, AnnouncingBodiesTakesNothingFromOthers) {
  HttpLimits limits;
  limits.max_buffered_body_bytes = 11 * 1024 * 1024;
  TestServer server(limits, {&measure});
  std::vector<RawClient> announcers;
  for (int i = 0; i < 10; ++i) {
    announcers.push_back(server.connect());
    announcers.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  }
  EXPECT_EQ(ask(server, post(std::string(9'000'000, 'x'))).body, "9000000");
}

}  // namespace
}  // namespace luminate::server::http
