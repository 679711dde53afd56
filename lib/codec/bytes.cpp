#include "codec/bytes.hpp"

#include "codec/segment.hpp"

namespace luminate::codec {

void append_u8(std::string& out, unsigned value) {
  out.push_back(static_cast<char>(value));
}

void append_u16(std::string& out, unsigned value) {
  append_u8(out, value & 0xFF);
  append_u8(out, value >> 8 & 0xFF);
}

void append_u32(std::string& out, std::uint32_t value) {
  append_u16(out, value & 0xFFFF);
  append_u16(out, value >> 16);
}

void append_u64(std::string& out, std::uint64_t value) {
  char bytes[sizeof value];
  store_u64(bytes, value);
  out.append(bytes, sizeof bytes);
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) append_u8(out, static_cast<unsigned>(value & 0x7F) | 0x80);
  append_u8(out, static_cast<unsigned>(value));
}

void append_signed_varint(std::string& out, std::int64_t value) {
  append_varint(out, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

std::uint64_t ByteReader::long_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const unsigned byte = u8();
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("a number has more than 64 bits");
}

void ByteReader::expect_end() const {
  if (!rest_.empty()) fail("bytes are left over at its end");
}

void ByteReader::fail(const char* what) const {
  throw DecodeError("segment: " + std::string(column_) + ": " + what);
}

}  // namespace luminate::codec
