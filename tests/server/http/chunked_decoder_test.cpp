#include "server/http/chunked_decoder.hpp"

#include <gtest/gtest.h>

namespace luminate::server::http {
namespace {

using State = ChunkedDecoder::State;

TEST(ChunkedDecoder, GivesTheSameWhateverPiecesComeIn) {
  const std::string body = "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\n\r\nnext";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    ChunkedDecoder decoder;
    std::string out;
    std::size_t at = 0;
    while (decoder.state() == State::more && at < body.size()) {
      at += decoder.feed(std::string_view(body).substr(at, step), 100, out);
    }
    EXPECT_EQ(decoder.state(), State::done);
    EXPECT_EQ(out, "abc0123456789");
    EXPECT_EQ(body.substr(at), "next");
    EXPECT_EQ(decoder.framing_bytes() + out.size(), at);
  }
}

TEST(ChunkedDecoder, StopsWhereThereIsNoMoreRoom) {
  ChunkedDecoder decoder;
  std::string out;
  EXPECT_EQ(decoder.feed("5\r\nhello\r\n0\r\n\r\n", 4, out), 7U);
  EXPECT_EQ(out, "hell");
  EXPECT_TRUE(decoder.in_payload());
  EXPECT_EQ(decoder.state(), State::more);
}

TEST(ChunkedDecoder, BoundsTheLineOfAChunk) {
  for (const bool too_long : {false, true}) {
    ChunkedDecoder decoder;
    std::string out;
    decoder.feed("1;" + std::string(too_long ? 128 : 127, 'x') + "\r\n", 100, out);
    EXPECT_EQ(decoder.state(), too_long ? State::malformed : State::more);
  }
  ChunkedDecoder zeros;
  std::string out;
  zeros.feed(std::string(129, '0'), 100, out);
  EXPECT_EQ(zeros.state(), State::malformed);
}

}  // namespace
}  // namespace luminate::server::http
