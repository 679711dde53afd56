#include "codec/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/bytes.hpp"

namespace luminate::codec {
namespace {

constexpr std::size_t kGroup = 8;  // values that fill `width` whole bytes
constexpr std::size_t kLoad = 8;   // a load may reach this far behind the group

constexpr std::uint64_t low_bits(unsigned width) {
  return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// Offset, shift and mask are constants: a value costs one unaligned load, one shift, one mask and one store.
template <unsigned kWidth, std::size_t kIndex>
std::uint64_t unpack_one(const std::byte* in) {
  constexpr std::size_t kByte = kIndex * kWidth / 8;
  constexpr unsigned kShift = kIndex * kWidth % 8;
  std::uint64_t value = load_u64(in + kByte) >> kShift;
  if constexpr (kShift + kWidth > 64) value |= std::to_integer<std::uint64_t>(in[kByte + 8]) << (64 - kShift);
  return value & low_bits(kWidth);
}

template <unsigned kWidth>
void unpack_groups(const std::byte* in, std::size_t groups, std::uint64_t* out) {
  for (; groups > 0; --groups, in += kWidth, out += kGroup) {
    [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
      ((out[kIndex] = unpack_one<kWidth, kIndex>(in)), ...);
    }
    (std::make_index_sequence<kGroup>{});
  }
}

using Unpack = void (*)(const std::byte*, std::size_t, std::uint64_t*);

constexpr auto kUnpack = []<unsigned... kWidth>(std::integer_sequence<unsigned, kWidth...>) {
  return std::array<Unpack, sizeof...(kWidth)>{&unpack_groups<kWidth>...};
}
(std::make_integer_sequence<unsigned, 65>{});

}  // namespace

void pack_bits(std::span<const std::uint64_t> values, unsigned width, std::string& out) {
  if (width == 0) return;
  const std::size_t start = out.size();
  const std::size_t size = packed_size(values.size(), width);
  out.resize(start + size + sizeof(std::uint64_t));  // the last word is stored whole, then cut
  char* to = out.data() + start;
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (const std::uint64_t value : values) {
    const std::uint64_t bits = value & low_bits(width);
    word |= bits << filled;
    filled += width;
    if (filled >= 64) {
      store_u64(to, word);
      to += sizeof word;
      filled -= 64;
      word = filled == 0 ? 0 : bits >> (width - filled);
    }
  }
  store_u64(to, word);
  out.resize(start + size);
}

void unpack_bits(std::span<const std::byte> packed, unsigned width, std::span<std::uint64_t> out) noexcept {
  if (width == 0) {
    std::fill(out.begin(), out.end(), 0);
    return;
  }
  const Unpack unpack = kUnpack[width];
  const std::size_t inside = packed.size() < kLoad ? 0 : (packed.size() - kLoad) / width;
  const std::size_t groups = std::min(out.size() / kGroup, inside);
  unpack(packed.data(), groups, out.data());

  // What is left, at most width + 8 bytes or 7 values, is unpacked from and to buffers with room behind their ends.
  packed = packed.subspan(groups * width);
  out = out.subspan(groups * kGroup);
  std::array<std::byte, 2 * 64 + kLoad> from{};
  std::array<std::uint64_t, 10 * kGroup> to;
  if (out.empty()) return;
  std::memcpy(from.data(), packed.data(), packed.size());
  unpack(from.data(), (out.size() + kGroup - 1) / kGroup, to.data());
  std::copy_n(to.begin(), out.size(), out.begin());
}

}  // namespace luminate::codec
