#include "codec/packing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace luminate::codec {
namespace {

using Integers = std::vector<std::uint64_t>;

Integers make(std::mt19937_64& random, unsigned width, unsigned rare_width) {
  Integers residuals(1 + random() % 1024);
  for (auto& residual : residuals) {
    const unsigned bits = random() % 40 == 0 ? rare_width : width;
    residual = bits == 0 ? 0 : random() >> (64 - bits);
  }
  return residuals;
}

// What a packing must be able to hold.
TEST(Packing, HasRoomForEveryResidual) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1000; ++round) {
    const Integers values = make(random, static_cast<unsigned>(random() % 65), static_cast<unsigned>(random() % 65));
    Integers residuals = values;
    std::uint64_t base = 5;
    const Packing packing = choose_base(residuals, base);
    std::size_t patches = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(residuals[i] + base - 5, values[i]);
      const std::uint64_t high = packing.width == 64 ? 0 : residuals[i] >> packing.width;
      patches += high != 0 ? 1 : 0;
      ASSERT_TRUE(packing.patch_width == 64 || high >> packing.patch_width == 0);
    }
    ASSERT_EQ(patches, packing.patches);
    ASSERT_LE(packing.width + packing.patch_width, 64U);
  }
}

TEST(Packing, IsTheSameOnEveryMachine) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 1000; ++round) {
    Integers best = make(random, static_cast<unsigned>(random() % 65), static_cast<unsigned>(random() % 65));
    Integers baseline = best;
    std::uint64_t best_base = 0;
    std::uint64_t baseline_base = 0;
    const Packing a = choose_base(best, best_base, best_instructions());
    const Packing b = choose_base(baseline, baseline_base, Instructions::baseline);
    ASSERT_EQ(best, baseline);
    ASSERT_EQ(best_base, baseline_base);
    ASSERT_EQ(a.bits, b.bits);
    ASSERT_EQ(a.width, b.width);
    ASSERT_EQ(a.patches, b.patches);
  }
}

TEST(Packing, IsEstimatedAtABitANumberTooLowAtMost) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    Integers residuals(1024);
    const auto width = static_cast<unsigned>(1 + random() % 60);
    for (auto& residual : residuals) residual = random() >> (64 - width);
    const std::size_t estimate = estimate_bits(residuals);
    std::uint64_t base = 0;
    const std::size_t bits = choose_base(residuals, base).bits;
    EXPECT_LE(estimate, bits);
    EXPECT_GE(estimate + 1024, bits);
  }
}

}  // namespace
}  // namespace luminate::codec
