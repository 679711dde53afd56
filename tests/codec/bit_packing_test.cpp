#include "codec/bit_packing.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "columns.hpp"

namespace luminate::codec {
namespace {

// The best is the baseline where this machine has no more.
constexpr auto kInstructions = [] { return std::array{Instructions::baseline, best_instructions()}; };

TEST(BitPacking, ReturnsTheLowBitsOfEveryWidthAndCount) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (std::size_t count = 0; count <= 1024; count += count < 200 ? 1 : 103) {
      std::vector<std::uint64_t> values(count);
      for (auto& value : values) value = random();
      std::string packed = "before";
      pack_bits(values, width, packed);
      ASSERT_EQ(packed.size(), 6 + packed_size(count, width));
      // A heap block of exactly this size: AddressSanitizer sees a read past its end.
      const std::vector<std::byte> exact(bytes_of(packed).begin() + 6, bytes_of(packed).end());
      for (auto& value : values) value = width == 0 ? 0 : value << (64 - width) >> (64 - width);
      for (const Instructions instructions : kInstructions()) {
        std::vector<std::uint64_t> unpacked(count, 1);
        unpack_bits(exact, width, 0, unpacked, instructions);
        ASSERT_EQ(unpacked, values) << "width " << width;
      }
      for (std::size_t i = 0; i < count; i += 1 + count / 50) ASSERT_EQ(unpack_at(exact, width, i), values[i]);
    }
  }
}

TEST(BitPacking, AddsTheBaseAndIgnoresWhatFollows) {
  for (unsigned width = 0; width <= 64; ++width) {
    std::string packed;
    pack_bits(std::vector<std::uint64_t>(100, 1), width, packed);
    packed.append(70, '\xFF');
    for (const Instructions instructions : kInstructions()) {
      std::vector<std::uint64_t> unpacked(100);
      unpack_bits(bytes_of(packed), width, ~std::uint64_t{0}, unpacked, instructions);
      EXPECT_EQ(unpacked, std::vector<std::uint64_t>(100, width == 0 ? ~std::uint64_t{0} : 0)) << "width " << width;
    }
  }
}

TEST(BitPacking, PutsTheFirstValueInTheLowestBits) {
  std::string packed;
  pack_bits(std::vector<std::uint64_t>{1, 2, 7, 0, 5}, 3, packed);
  EXPECT_EQ(packed, "\xD1\x51");
}

}  // namespace
}  // namespace luminate::codec
