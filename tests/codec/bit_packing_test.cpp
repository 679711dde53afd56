#include "codec/bit_packing.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "columns.hpp"

namespace luminate::codec {
namespace {

TEST(BitPacking, ReturnsTheLowBitsOfEveryWidthAndCount) {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (std::size_t count = 0; count <= 200; ++count) {
      std::vector<std::uint64_t> values(count);
      for (auto& value : values) value = random();
      std::string packed = "before";
      pack_bits(values, width, packed);
      ASSERT_EQ(packed.size(), 6 + packed_size(count, width));
      // A heap block of exactly this size: AddressSanitizer sees a read past its end.
      const std::vector<std::byte> exact(bytes_of(packed).begin() + 6, bytes_of(packed).end());
      std::vector<std::uint64_t> unpacked(count, 1);
      unpack_bits(exact, width, 0, unpacked);
      for (auto& value : values) value = width == 0 ? 0 : value << (64 - width) >> (64 - width);
      ASSERT_EQ(unpacked, values) << "width " << width;
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
