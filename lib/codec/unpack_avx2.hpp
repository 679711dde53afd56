#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "codec/bit_packing.hpp"

// Unpacking, four numbers an instruction, with room for a last step before they are stored: a number that is packed in
// 11 bits passes through registers only until it is a double. x86-64 only.
//
// Functions, not lambdas: gcc gives those no target of their own.
#define LUMINATE_AVX2 __attribute__((target("avx2,fma")))
#define LUMINATE_AVX2_INLINE __attribute__((target("avx2,fma"), always_inline)) inline

namespace luminate::codec {

/// A number must lie within the eight bytes that its first bit is in.
inline constexpr unsigned kMaxWidthAvx2 = 57;

/// Where eight numbers of one width are: two of them in each of four loads of 16 bytes.
struct UnpackPlan {
  std::array<std::uint8_t, 4> offsets;
  alignas(32) std::array<std::array<std::uint8_t, 32>, 2> bytes;   ///< For each number the eight that hold it.
  alignas(32) std::array<std::array<std::uint64_t, 4>, 2> shifts;  ///< Bits of the number before in the first of them.
};

constexpr UnpackPlan unpack_plan(unsigned width) {
  UnpackPlan plan{};
  for (unsigned i = 0; i < 8; ++i) {
    const unsigned load = i / 2 * 2 * width / 8;
    const unsigned first = i * width / 8 - load;
    plan.offsets[i / 2] = static_cast<std::uint8_t>(load);
    plan.shifts[i / 4][i % 4] = i * width % 8;
    for (unsigned byte = 0; byte < 8; ++byte) {
      plan.bytes[i / 4][i % 4 * 8 + byte] = static_cast<std::uint8_t>(first + byte);
    }
  }
  return plan;
}

inline constexpr auto kUnpackPlans = [] {
  std::array<UnpackPlan, kMaxWidthAvx2 + 1> plans{};
  for (unsigned width = 1; width <= kMaxWidthAvx2; ++width) plans[width] = unpack_plan(width);
  return plans;
}();

LUMINATE_AVX2_INLINE __m256i load_vector(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

LUMINATE_AVX2_INLINE __m256i load_halves(const std::byte* low, const std::byte* high) {
  const __m128i lower = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(lower), _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)),
                                 1);
}

template <typename LastStep>
LUMINATE_AVX2_INLINE void unpack_groups_avx2(const std::byte* in, std::size_t groups, unsigned width, char* out,
                                             const LastStep& last_step) {
  const UnpackPlan& plan = kUnpackPlans[width];
  const auto [a, b, c, d] = plan.offsets;
  const __m256i bytes[2] = {load_vector(plan.bytes[0].data()), load_vector(plan.bytes[1].data())};
  const __m256i shifts[2] = {load_vector(plan.shifts[0].data()), load_vector(plan.shifts[1].data())};
  const __m256i mask = _mm256_set1_epi64x(static_cast<long long>((std::uint64_t{1} << width) - 1));
  for (; groups > 0; --groups, in += width, out += 64) {
    __m256i low = _mm256_shuffle_epi8(load_halves(in + a, in + b), bytes[0]);
    __m256i high = _mm256_shuffle_epi8(load_halves(in + c, in + d), bytes[1]);
    low = _mm256_and_si256(_mm256_srlv_epi64(low, shifts[0]), mask);
    high = _mm256_and_si256(_mm256_srlv_epi64(high, shifts[1]), mask);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), last_step(low));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32), last_step(high));
  }
}

/// `count` numbers of eight bytes each. @pre 1 <= width <= kMaxWidthAvx2; `packed` has packed_size(count, width) bytes
/// or more: those behind may be read, but do not matter.
template <typename LastStep>
LUMINATE_AVX2_INLINE void unpack_avx2(std::span<const std::byte> packed, unsigned width, std::size_t count, void* to,
                                      const LastStep& last_step) {
  char* out = static_cast<char*>(to);
  const std::size_t reach = 6 * width / 8 + 16;  // how far loads for one group go
  const std::size_t inside = packed.size() < reach ? 0 : (packed.size() - reach) / width + 1;
  const std::size_t groups = std::min(count / 8, inside);
  unpack_groups_avx2(packed.data(), groups, width, out, last_step);
  const std::size_t rest = count - groups * 8;
  if (rest == 0) return;

  // Near the end of the bytes there are at most 17 groups more, of less than 128 bytes, and numbers that are no group.
  std::array<std::byte, 256> from{};
  std::array<char, 18 * 64> buffer;
  std::memcpy(from.data(), packed.data() + groups * width, packed_size(rest, width));
  unpack_groups_avx2(from.data(), (rest + 7) / 8, width, buffer.data(), last_step);
  std::memcpy(out + groups * 64, buffer.data(), rest * 8);
}

}  // namespace luminate::codec
