#include "server/http/streamed_body.hpp"

#include <array>
#include <cstddef>

namespace luminate::server::http {
namespace {

// The size of a chunk is known behind its data. A chunk-size may begin with zeros, so its place is kept.
constexpr std::string_view kSizeToCome = "00000000\r\n";
constexpr std::size_t kSizeDigits = kSizeToCome.size() - 2;

void put_size(std::string& wire, std::size_t at, std::size_t size) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t digit = kSizeDigits; digit-- > 0; size >>= 4) wire[at + digit] = kHex[size & 15];
}

}  // namespace

StreamedBody::StreamedBody(BodySource& source, ContentEncoding encoding, BodyFraming framing)
    : source_(source), encoder_(encoding), framing_(framing) {}

bool StreamedBody::next(std::string& wire) {
  if (ended_) return false;
  piece_.clear();
  source_.next(piece_);
  ended_ = piece_.empty();
  frame(piece_, ended_, wire);
  return true;
}

void StreamedBody::frame(std::string_view piece, bool last, std::string& wire) {
  const bool chunked = framing_ == BodyFraming::chunked;
  const std::size_t size_at = wire.size();
  if (chunked) wire += kSizeToCome;
  const std::size_t data_at = wire.size();
  if (!piece.empty()) encoder_.write(piece, wire);
  if (last) encoder_.finish(wire);
  if (!chunked) return;
  if (wire.size() > data_at) {
    put_size(wire, size_at, wire.size() - data_at);
    wire += "\r\n";
  } else {
    wire.resize(size_at);  // A compressor keeps some back; and a chunk of no bytes would be the end.
  }
  if (last) wire += "0\r\n\r\n";
}

}  // namespace luminate::server::http
