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
  while (taken < in.size() && state_ == State::kMore) {
    if (expect_ != Expect::kPayload) {
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
    if (chunk_left_ == 0) expect_ = Expect::kPayloadReturn;
  }
  return taken;
}

void ChunkedDecoder::take_framing(char c) {
  const auto must_be = [&](char wanted, Expect next) {
    if (c != wanted) return fail();
    expect_ = next;
  };
  switch (expect_) {
    case Expect::kSizeStart:
    case Expect::kSize: {
      if (expect_ == Expect::kSizeStart) chunk_left_ = line_bytes_ = 0;
      const int digit = hex_digit(c);
      if (digit >= 0) {
        chunk_left_ = chunk_left_ * 16 + static_cast<unsigned>(digit);
        if (++line_bytes_ > kMaxLineBytes || chunk_left_ > kMaxChunk) return fail();
        expect_ = Expect::kSize;
      } else if (expect_ == Expect::kSizeStart) {
        fail();
      } else if (c == ';') {
        expect_ = Expect::kExtension;
      } else {
        must_be('\r', Expect::kSizeFeed);
      }
      return;
    }
    case Expect::kExtension:
      if (c == '\r') {
        expect_ = Expect::kSizeFeed;
      } else if (c < 0x20 || c == 0x7F || ++line_bytes_ > kMaxLineBytes) {
        fail();
      }
      return;
    case Expect::kSizeFeed:
      return must_be('\n', chunk_left_ == 0 ? Expect::kEndReturn : Expect::kPayload);
    case Expect::kPayloadReturn:
      return must_be('\r', Expect::kPayloadFeed);
    case Expect::kPayloadFeed:
      return must_be('\n', Expect::kSizeStart);
    case Expect::kEndReturn:
      return must_be('\r', Expect::kEndFeed);
    case Expect::kEndFeed:
      if (c != '\n') return fail();
      state_ = State::kDone;
      return;
    case Expect::kPayload:
      return;
  }
}

}  // namespace luminate::server::http
