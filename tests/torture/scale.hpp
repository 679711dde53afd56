#pragma once

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

namespace luminate::test {

// An instrumented program is several times slower: there the ordinary run does a part of each proof.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSanitizerDivisor = 3;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr int kSanitizerDivisor = 3;
#else
inline constexpr int kSanitizerDivisor = 1;
#endif
#else
inline constexpr int kSanitizerDivisor = 1;
#endif

/// How often a proof is repeated: the environment variable `name` (such as TORTURE_KILLS), or else `ordinary`,
/// multiplied by TORTURE_SCALE. At least 1.
inline long long repetitions(const char* name, long long ordinary) {
  if (const char* given = std::getenv(name)) return std::max(1LL, std::atoll(given));
  const char* scale = std::getenv("TORTURE_SCALE");
  const double scaled = static_cast<double>(ordinary) * (scale != nullptr ? std::atof(scale) : 1.0) / kSanitizerDivisor;
  return std::max(1LL, static_cast<long long>(scaled));
}

/// TORTURE_SEED repeats a run that failed; otherwise every run is another one.
inline unsigned seed() {
  const char* given = std::getenv("TORTURE_SEED");
  return given != nullptr ? static_cast<unsigned>(std::atoll(given)) : std::random_device()();
}

}  // namespace luminate::test
