#include "server/http/chunked_decoder.hpp"

#include <algorithm>

namespace luminate::server::http {
namespace {

/// Of a line with a chunk's size: 8 digits and a short extension fit.
constexpr std::size_t kMaxLineBytes = 128;
constexpr std::uint64_t kMaxChunk = 0xFFFF'FFFF;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t ChunkedDecoder::feed(std::string_view in, std::size_t room, std::string& out) {
  std::size_t taken = 0;
  while (taken < in.size() && state_ == State::more) {
    if (expect_ != Expect::payload) {
      take_framing(in[taken++]);
      ++framing_bytes_;
      continue;
    }
    if (room == 0) break;
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, room));
    const std::string_view payload = in.substr(taken, want);
    out += payload;
    taken += payload.size();
    room -= payload.size();
    chunk_left_ -= payload.size();
    if (chunk_left_ == 0) expect_ = Expect::payload_return;
  }
  return taken;
}

void ChunkedDecoder::take_framing(char c) {
  const auto must_be = [&](char wanted, Expect next) {
    if (c != wanted) return fail();
    expect_ = next;
  };
  switch (expect_) {
    case Expect::size_start:
    case Expect::size: {
      if (expect_ == Expect::size_start) chunk_left_ = line_bytes_ = 0;
      const int digit = hex_digit(c);
      if (digit >= 0) {
        chunk_left_ = chunk_left_ * 16 + static_cast<unsigned>(digit);
        if (++line_bytes_ > kMaxLineBytes || chunk_left_ > kMaxChunk) return fail();
        expect_ = Expect::size;
      } else if (expect_ == Expect::size_start) {
        fail();
      } else if (c == ';') {
        expect_ = Expect::extension;
      } else {
        must_be('\r', Expect::size_feed);
      }
      return;
    }
    case Expect::extension:
      if (c == '\r') {
        expect_ = Expect::size_feed;
      } else if (c < 0x20 || c == 0x7F || ++line_bytes_ > kMaxLineBytes) {
        fail();
      }
      return;
    case Expect::size_feed:
      return must_be('\n', chunk_left_ == 0 ? Expect::end_return : Expect::payload);
    case Expect::payload_return:
      return must_be('\r', Expect::payload_feed);
    case Expect::payload_feed:
      return must_be('\n', Expect::size_start);
    case Expect::end_return:
      return must_be('\r', Expect::end_feed);
    case Expect::end_feed:
      if (c != '\n') return fail();
      state_ = State::done;
      return;
    case Expect::payload:
      return;
  }
}

}  // namespace luminate::server::http
