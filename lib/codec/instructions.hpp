#pragma once

namespace luminate::codec {

/// What a loop is compiled for. Every function that takes one gives the same results with each.
enum class Instructions {
  baseline,  ///< What every processor of this kind has.
  avx2,      ///< AVX2 and FMA; x86-64 only.
};

/// The best that this machine has.
inline Instructions best_instructions() noexcept {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return Instructions::avx2;
#endif
  return Instructions::baseline;
}

}  // namespace luminate::codec
