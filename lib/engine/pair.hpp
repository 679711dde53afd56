#pragma once

#include <cstdint>
#include <cstring>

// Two doubles in one register. The baseline of every 64-bit processor has that, and gcc and clang both know this
// extension; neither makes vector code of the error-free sums by itself.
namespace luminate::engine {

using Pair = double __attribute__((vector_size(16)));
using PairBits = std::int64_t __attribute__((vector_size(16)));

inline Pair load_pair(const double* values) noexcept {
  Pair pair;
  std::memcpy(&pair, values, sizeof(pair));
  return pair;
}

/// `pair` where the mask has all bits set, 0 where it has none.
inline Pair keep(Pair pair, PairBits mask) noexcept {
  return reinterpret_cast<Pair>(reinterpret_cast<PairBits>(pair) & mask);
}

/// The first 26 bits of the significand, so that the product of two such is exact.
inline Pair upper_half(Pair pair) noexcept {
  constexpr std::int64_t kMask = ~std::int64_t{0x7FFFFFF};
  return keep(pair, PairBits{kMask, kMask});
}

}  // namespace luminate::engine
