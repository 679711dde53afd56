#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

// Little-endian numbers in bytes, whatever the machine.
namespace luminate::codec {

inline std::uint64_t swap_if_big_endian(std::uint64_t value) noexcept {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(value);
  return value;
}

/// @pre eight bytes can be read at `in`, on any alignment.
inline std::uint64_t load_u64(const std::byte* in) noexcept {
  std::uint64_t value;
  std::memcpy(&value, in, sizeof value);
  return swap_if_big_endian(value);
}

inline void store_u64(char* out, std::uint64_t value) noexcept {
  value = swap_if_big_endian(value);
  std::memcpy(out, &value, sizeof value);
}

void append_u8(std::string& out, unsigned value);
void append_u16(std::string& out, unsigned value);
void append_u32(std::string& out, std::uint32_t value);
void append_u64(std::string& out, std::uint64_t value);
/// LEB128: seven bits a byte, lowest first.
void append_varint(std::string& out, std::uint64_t value);
/// Zigzag, then LEB128: numbers near zero are short, whatever their sign.
void append_signed_varint(std::string& out, std::int64_t value);

/// Reads a column front to back and throws DecodeError, naming the column, rather than read past its end.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, const char* column) noexcept : rest_(bytes), column_(column) {}

  unsigned u8() { return std::to_integer<unsigned>(take(1)[0]); }
  std::uint64_t varint() {
    if (rest_.empty() || rest_[0] >= std::byte{0x80}) return long_varint();
    return u8();
  }
  std::int64_t signed_varint() {
    const std::uint64_t zigzag = varint();
    return static_cast<std::int64_t>(zigzag >> 1 ^ (0 - (zigzag & 1)));
  }
  std::span<const std::byte> take(std::size_t count) {
    if (count > rest_.size()) fail("ends too early");
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::size_t left() const noexcept { return rest_.size(); }
  /// The same as take(), and whatever follows it.
  std::span<const std::byte> take_and_peek(std::size_t count) {
    const auto rest = rest_;
    take(count);
    return rest;
  }
  /// Throws when bytes are left over.
  void expect_end() const;
  /// Throws DecodeError: "segment: <column>: <what>".
  [[noreturn]] void fail(const char* what) const;

 private:
  std::uint64_t long_varint();

  std::span<const std::byte> rest_;
  const char* column_;
};

}  // namespace luminate::codec
