#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace luminate::server::http {

/// Takes a body apart that came with Transfer-Encoding: chunked. Pure: bytes in, bytes out.
/// Stricter than the standard where leniency has been used to smuggle requests: CRLF only, hexadecimal digits only,
/// no trailer fields.
class ChunkedDecoder {
 public:
  enum class State { more, done, malformed };

  /// Appends the payload found in `in` to `out`, at most `room` bytes of it. @returns how many bytes of `in` it took;
  /// fewer than all when the body is over or broken, or `out` got its `room` bytes and more are to come.
  std::size_t feed(std::string_view in, std::size_t room, std::string& out);

  State state() const { return state_; }
  /// Bytes of framing seen so far; what a client may waste is bounded by it.
  std::size_t framing_bytes() const { return framing_bytes_; }
  /// Whether the next byte taken would be payload.
  bool in_payload() const { return expect_ == Expect::payload; }

 private:
  enum class Expect {
    size_start,
    size,
    extension,
    size_feed,
    payload,
    payload_return,
    payload_feed,
    end_return,
    end_feed
  };

  void take_framing(char c);
  void fail() { state_ = State::malformed; }

  State state_ = State::more;
  Expect expect_ = Expect::size_start;
  std::uint64_t chunk_left_ = 0;
  std::size_t framing_bytes_ = 0;
  std::size_t line_bytes_ = 0;
};

}  // namespace luminate::server::http
