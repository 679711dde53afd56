#include "server/http/body_reader.hpp"

#include <algorithm>
#include <utility>

#include "server/http/chunked_decoder.hpp"

namespace luminate::server::http {
namespace {

/// The string grows by this much before each read, and growing clears memory: large enough for loopback, cheap
/// elsewhere.
constexpr std::size_t kLargestRead = 64 * 1024;

/// What text becomes when it is decompressed. What becomes more is first refused, and then tried with all that a body
/// may have; so a bomb does not pass for a body before its memory is counted.
constexpr std::size_t kUsualRatio = 16;

Refusal too_large(const HttpLimits& limits) {
  return {413, kRequestTooLarge, "the body is larger than " + std::to_string(limits.max_body_bytes) + " bytes"};
}

/// The two clocks a body runs against: one for the whole of it, one for its rate.
class BodyClock {
 public:
  explicit BodyClock(const HttpLimits& limits) : limits_(limits), start_(Clock::now()) {}

  /// When the next byte must be there, `received` being the bytes so far.
  Clock::time_point deadline(std::size_t received) const {
    const auto whole = start_ + limits_.read_timeout;
    if (limits_.min_body_bytes_per_second == 0) return whole;
    const auto earned = std::chrono::milliseconds(received * 1000 / limits_.min_body_bytes_per_second);
    return std::min(whole, start_ + std::max<std::chrono::milliseconds>(limits_.min_body_rate_grace, earned));
  }

 private:
  const HttpLimits& limits_;
  Clock::time_point start_;
};

std::optional<Refusal> refusal_for(ConnectionStream::Outcome outcome) {
  switch (outcome) {
    case ConnectionStream::Outcome::ready:
      return std::nullopt;
    case ConnectionStream::Outcome::timed_out:
      return Refusal{408, kRequestTimeout, "the body came too slowly"};
    case ConnectionStream::Outcome::closed:
    case ConnectionStream::Outcome::interrupted:
    case ConnectionStream::Outcome::foreign:
      break;
  }
  return Refusal{400, kInvalidRequest, "the connection ended inside the body"};
}

std::optional<Refusal> cover(BodyBudget::Share& share, std::size_t bytes) {
  if (share.cover(bytes)) return std::nullopt;
  return Refusal{503, kOverloaded, "too many request bodies are being received; try again later"};
}

std::optional<Refusal> read_counted(ConnectionStream& stream, const RequestHead& head, const HttpLimits& limits,
                                    BodyBudget::Share& share, std::string& body) {
  const BodyClock clock(limits);
  const auto length = static_cast<std::size_t>(head.content_length);
  // Reserved memory is not touched before bytes arrive, so an announcement alone does not occupy any.
  body.reserve(length);
  while (body.size() < length) {
    const std::size_t want = std::min(length - body.size(), kLargestRead);
    if (auto refusal = cover(share, body.size() + want)) return refusal;
    if (Clock::now() >= clock.deadline(body.size())) return refusal_for(ConnectionStream::Outcome::timed_out);
    if (auto refusal = refusal_for(stream.receive(body, want, clock.deadline(body.size())))) return refusal;
  }
  return std::nullopt;
}

std::optional<Refusal> read_chunked(ConnectionStream& stream, const HttpLimits& limits, BodyBudget::Share& share,
                                    std::string& body) {
  const BodyClock clock(limits);
  ChunkedDecoder decoder;
  while (decoder.state() == ChunkedDecoder::State::more) {
    if (Clock::now() >= clock.deadline(body.size())) return refusal_for(ConnectionStream::Outcome::timed_out);
    if (stream.buffered().empty()) {
      if (auto refusal = refusal_for(stream.fill(clock.deadline(body.size())))) return refusal;
    }
    if (auto refusal = cover(share, body.size() + stream.buffered().size())) return refusal;
    stream.consume(decoder.feed(stream.buffered(), limits.max_body_bytes - body.size(), body));
    const bool over = body.size() == limits.max_body_bytes && decoder.in_payload();
    if (over || decoder.framing_bytes() > limits.max_body_bytes + limits.max_header_bytes) return too_large(limits);
  }
  if (decoder.state() == ChunkedDecoder::State::done) return std::nullopt;
  return Refusal{400, kInvalidRequest, "the chunked body is malformed"};
}

}  // namespace

std::optional<Refusal> read_body(ConnectionStream& stream, const RequestHead& head, const HttpLimits& limits,
                                 BodyBudget::Share& share, std::string& body) {
  body.clear();
  if (head.content_length > limits.max_body_bytes) return too_large(limits);
  if (head.expects_continue && stream.buffered().empty()) {
    const auto sent = stream.send("HTTP/1.1 100 Continue\r\n\r\n", Clock::now() + limits.write_timeout);
    if (auto refusal = refusal_for(sent)) return refusal;
  }
  return head.chunked ? read_chunked(stream, limits, share, body) : read_counted(stream, head, limits, share, body);
}

std::optional<Refusal> decompress_body(ContentEncoding encoding, const HttpLimits& limits, BodyBudget::Share& share,
                                       std::string& body) {
  const std::size_t most = limits.max_body_bytes;
  std::string decoded;
  for (const std::size_t room : {std::min(most, kUsualRatio * body.size()), most}) {
    if (auto refusal = cover(share, body.size() + room)) return refusal;
    switch (decode_content(encoding, body, room, decoded)) {
      case DecodeStatus::done:
        body = std::move(decoded);
        return std::nullopt;
      case DecodeStatus::too_large:
        break;
      case DecodeStatus::malformed:
        return Refusal{400, kInvalidRequest,
                       "the body is not complete " + std::string(content_encoding_name(encoding)) + " data"};
    }
  }
  return Refusal{413, kRequestTooLarge, "decompressed, the body is larger than " + std::to_string(most) + " bytes"};
}

}  // namespace luminate::server::http
