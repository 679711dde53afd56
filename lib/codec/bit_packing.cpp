#include "codec/bit_packing.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/bytes.hpp"

#ifdef __x86_64__
#include "codec/unpack_avx2.hpp"
#endif

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

void unpack_numbers(std::span<const std::byte> packed, unsigned width, std::span<std::uint64_t> out) {
  const Unpack unpack = kUnpack[width];
  const std::size_t inside = packed.size() < kLoad ? 0 : (packed.size() - kLoad) / width;
  const std::size_t groups = std::min(out.size() / kGroup, inside);
  unpack(packed.data(), groups, out.data());
  out = out.subspan(groups * kGroup);
  if (out.empty()) return;

  // What is left, at most width + 8 bytes or 7 values, is unpacked from and to buffers with room behind their ends.
  packed = packed.subspan(groups * width, packed_size(out.size(), width));
  std::array<std::byte, 2 * 64 + kLoad> from{};
  std::array<std::uint64_t, 10 * kGroup> to;
  std::memcpy(from.data(), packed.data(), packed.size());
  unpack(from.data(), (out.size() + kGroup - 1) / kGroup, to.data());
  std::copy_n(to.begin(), out.size(), out.begin());
}

#ifdef __x86_64__
struct AddBase {
  __m256i base;
  LUMINATE_AVX2_INLINE __m256i operator()(__m256i numbers) const { return _mm256_add_epi64(numbers, base); }
};

LUMINATE_AVX2 void unpack_numbers_avx2(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                                       std::span<std::uint64_t> out) {
  unpack_avx2(packed, width, out.size(), out.data(), AddBase{_mm256_set1_epi64x(static_cast<long long>(base))});
}
#endif

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

void unpack_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base, std::span<std::uint64_t> out,
                 [[maybe_unused]] Instructions instructions) noexcept {
  if (width == 0) {
    std::fill(out.begin(), out.end(), base);
    return;
  }
#ifdef __x86_64__
  if (instructions == Instructions::avx2 && width <= kMaxWidthAvx2) {
    return unpack_numbers_avx2(packed, width, base, out);
  }
#endif
  unpack_numbers(packed, width, out);
  for (std::uint64_t& number : out) number += base;
}

std::uint64_t unpack_at(std::span<const std::byte> packed, unsigned width, std::size_t index) noexcept {
  if (width == 0) return 0;
  const std::size_t bit = index * width;
  const auto from = packed.subspan(bit / 8);
  std::array<std::byte, 9> bytes{};
  std::memcpy(bytes.data(), from.data(), std::min(from.size(), bytes.size()));
  const auto shift = static_cast<unsigned>(bit % 8);
  std::uint64_t number = load_u64(bytes.data()) >> shift;
  if (shift + width > 64) number |= std::to_integer<std::uint64_t>(bytes[8]) << (64 - shift);
  return number & low_bits(width);
}

}  // namespace luminate::codec
