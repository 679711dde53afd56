#include "codec/integer_column.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "columns.hpp"

namespace luminate::codec {
namespace {

using Integers = std::vector<std::uint64_t>;

std::string encode_column(const Integers& integers, Predictors predictors) {
  std::string bytes;
  IntegerColumnWriter writer(bytes, predictors);
  for (const std::uint64_t integer : integers) writer.append(integer);
  writer.finish();
  return bytes;
}

Integers decode_column(const std::string& bytes, std::size_t count, std::size_t limit) {
  ByteReader in(bytes_of(bytes), "test");
  IntegerColumnReader reader(in, count);
  Integers integers;
  while (integers.size() < count) {
    const auto taken = reader.take(limit);
    EXPECT_TRUE(!taken.empty() && taken.size() <= limit);
    integers.insert(integers.end(), taken.begin(), taken.end());
  }
  in.expect_end();
  return integers;
}

double bits_per_integer(const std::function<std::uint64_t(std::size_t)>& at, Predictors predictors) {
  Integers integers(kBlockSize);
  for (std::size_t i = 0; i < integers.size(); ++i) integers[i] = at(i);
  std::string bytes;
  encode_integers(integers, predictors, bytes);
  return static_cast<double>(bytes.size()) * 8 / static_cast<double>(kBlockSize);
}

TEST(IntegerColumn, ReturnsNumbersOfAnySizeInAnyPieces) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {1U, 2U, 1023U, 1024U, 1025U, 3000U}) {
    for (unsigned shape = 0; shape < 80; ++shape) {
      Integers integers(count);
      std::uint64_t sum = random();
      for (auto& integer : integers) {
        const std::uint64_t part = random() >> (random() % 8 == 0 ? random() % 64 : shape % 64);
        integer = shape % 2 == 0 ? part : sum += part;
      }
      for (const auto predictors : {Predictors::delta, Predictors::delta_and_integral}) {
        ASSERT_EQ(decode_column(encode_column(integers, predictors), count, 1 + random() % 2000), integers);
      }
    }
  }
}

TEST(IntegerColumn, KeepsEqualNumbersAndEqualStepsInAFewBytes) {
  EXPECT_LT(bits_per_integer([](auto) { return 0x7777'7777'7777'7777; }, Predictors::delta), 0.2);
  EXPECT_LT(bits_per_integer([](auto i) { return 12345 + 678 * i; }, Predictors::delta), 0.2);
}

TEST(IntegerColumn, PaysForRareOutliersOnly) {
  const auto rare = [](std::size_t i) { return i % 4 + (i % 200 == 99 ? 1'000'000'000U : 0U); };
  EXPECT_LT(bits_per_integer(rare, Predictors::delta), 2.5);
  const auto rare_below = [](std::size_t i) { return 1'000'000'000 + i * 7 % 4 - (i % 200 == 99 ? 900'000'000U : 0U); };
  EXPECT_LT(bits_per_integer(rare_below, Predictors::delta), 2.6);
}

TEST(IntegerColumn, PaysForTheJitterOfOneTickNotOfTwo) {
  std::mt19937_64 random(1);
  Integers ticks(kBlockSize + 1);
  for (std::size_t i = 0; i < ticks.size(); ++i) ticks[i] = 10'000 * i + random() % 16;
  const auto interval = [&](std::size_t i) { return ticks[i + 1] - ticks[i]; };
  EXPECT_GT(bits_per_integer(interval, Predictors::delta), 4.7);
  EXPECT_LT(bits_per_integer(interval, Predictors::delta_and_integral), 4.2);
}

// What a block may not say, each with its one line.
TEST(IntegerColumn, RefusesBlocksThatNoEncoderWrites) {
  const auto message = [](const std::string& bytes) -> std::string {
    ByteReader in(bytes_of(bytes), "test");
    Integers out(4);
    try {
      decode_integers(in, out);
    } catch (const DecodeError& error) {
      return error.what();
    }
    return "decoded";
  };
  using namespace std::string_literals;
  EXPECT_EQ(message("\0\0\0"s), "decoded");
  EXPECT_EQ(message(""s), "segment: test: ends too early");
  EXPECT_EQ(message("\0\x08\0\1\2\3"s), "segment: test: ends too early");
  EXPECT_EQ(message("\3\0\0\0"s), "segment: test: a block has an unknown encoding");
  EXPECT_EQ(message("\x08\0\0\0"s), "segment: test: a block has an unknown encoding");
  EXPECT_EQ(message("\0\x41\0\0"s), "segment: test: a block has an unknown encoding");
  EXPECT_EQ(message("\4\0\0\5\1"s), "segment: test: a block has impossible patches");
  EXPECT_EQ(message("\4\0\0\1\0"s), "segment: test: a block has impossible patches");
  EXPECT_EQ(message("\4\x08\0\1\x39"s), "segment: test: a block has impossible patches");
  EXPECT_EQ(message("\4\0\0\1\1\3\0\1"s), "decoded");
  EXPECT_EQ(message("\4\0\0\1\1\4\0\1"s), "segment: test: a position lies outside of its block");
  EXPECT_EQ(message("\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1"s), "decoded");
  EXPECT_EQ(message("\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\2"s), "segment: test: a number has more than 64 bits");
}

}  // namespace
}  // namespace luminate::codec
