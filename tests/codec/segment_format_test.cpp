// What is frozen: the bytes of format version 1, and how large segments are.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "columns.hpp"

namespace luminate::codec {
namespace {

// Between them the golden segments hold every encoding: plain, delta, integral and patched integers, decimals with an
// exception, and bit patterns.
Columns golden_columns() {
  Columns columns;
  columns.runs = {{5, 6}, {7, 1}, {400, 3}};
  columns.timestamps = {1'790'000'000'000, 1'790'000'010'000, 1'790'000'020'000, 1'790'000'030'000, 1'790'000'040'000,
                        1'790'000'600'000, 1'790'000'000'003, 1'790'000'000'007, 1'790'000'010'007, 1'790'000'020'007};
  columns.values = {12.5, 13, 12.7, -0.0, 12.9, 12.6, 100, 12.5, 12.5, 12.25};
  return columns;
}

Columns golden_bit_patterns() {
  return {{{1, 4}}, {-2, -1, 0, 1}, {1.0 / 3, 2.0 / 3, 1e300, -1e-300}, {}};
}

Columns golden_jitter_and_reset() {
  Columns columns{{{9, 24}}, {}, {}, {}};
  for (std::int64_t i = 0; i < 24; ++i) {
    columns.timestamps.push_back(1'790'000'000'000 + 10'000 * i + i * 7 % 16);
    columns.values.push_back(static_cast<double>((i < 13 ? 1'000'000 : 0) + 40 * i + i * 11 % 32));
  }
  return columns;
}

Columns golden_statistics() {
  Columns columns = golden_columns();
  columns.statistics = statistics_of(columns);
  return columns;
}

std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<char>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

std::string to_hex(const std::string& bytes) {
  std::string hex;
  for (const char byte : bytes) {
    for (const int shift : {4, 0}) hex.push_back("0123456789abcdef"[static_cast<unsigned char>(byte) >> shift & 15]);
  }
  return hex;
}

constexpr std::string_view kGolden =
    "4c534547010000000a000000030000000c000000160000001e00000000000000"
    "00090a00042c060003028500010106faaf83c59868040400a09c010114040070640802010407921301079965ab151c1d"
    "331900060044030000000000000000807074333dea74da28";
constexpr std::string_view kGoldenBitPatterns =
    "4c53454701000000040000000100000006000000060000002900000000000000"
    "0000020000080000030000028005008080808080808010aad5aad5aad5aac57f023e020c004720ab32e78e427e6f1fbe"
    "ce7862d7001111ce4d7e1fe446";
constexpr std::string_view kGoldenJitterAndReset =
    "4c534547010000001800000001000000060000001a0000002600000000000000"
    "000012000030000080b083c598680204a09c0100e7c5a3816f4d2b09e7c5a30100000506269a887a013a200802200880"
    "2000820008022008802000820d00f7c2ffffffffff03846bfe77eee2c28e";

constexpr std::string_view kGoldenStatistics =
    "4c534547010100000a000000030000000c000000160000001e00000062000000"
    "00090a00042c0600030285000200000d9a3a556a1003009d00188080a8c13ccdcc690000b3000000af000fa28104afff3000"
    "00000100000afa0105ac0d000100000afa0100ac0d000200000e921323c091080000010106faaf83c59868040500ff9e4980"
    "be920101140200e0750934207e44c55cb08d010106faaf83c59868040400a09c010114040070640802010407921301079965"
    "ab151c1d3319000600440300000000000000008004a44555d9bf1437";

// If this fails, files that exist can no longer be read: a new format version is needed, beside the old decoder.
TEST(SegmentFormat, ReadsTheBytesOfVersionOne) {
  EXPECT_TRUE(identical(decode(bytes_of(from_hex(kGolden))), golden_columns()));
  EXPECT_TRUE(identical(decode(bytes_of(from_hex(kGoldenBitPatterns))), golden_bit_patterns()));
  EXPECT_TRUE(identical(decode(bytes_of(from_hex(kGoldenJitterAndReset))), golden_jitter_and_reset()));
  EXPECT_TRUE(identical(decode(bytes_of(from_hex(kGoldenStatistics))), golden_statistics()));
}

// If only this fails, the encoder chooses otherwise than it did, which is allowed: write the new bytes here and keep
// the old ones in the test above.
TEST(SegmentFormat, WritesTheBytesOfVersionOne) {
  EXPECT_EQ(to_hex(encode(golden_columns())), kGolden);
  EXPECT_EQ(to_hex(encode(golden_bit_patterns())), kGoldenBitPatterns);
  EXPECT_EQ(to_hex(encode(golden_jitter_and_reset())), kGoldenJitterAndReset);
  EXPECT_EQ(to_hex(encode(golden_statistics())), kGoldenStatistics);
}

double bytes_per_sample(const Columns& columns) {
  return static_cast<double>(encode(columns).size()) / static_cast<double>(columns.values.size());
}

// Latencies in milliseconds with one decimal; their entropy is 1.44 bytes.
void fill_latencies(Columns& columns) {
  std::mt19937_64 random(1);
  std::gamma_distribution<double> gamma(2, 60);
  for (double& value : columns.values) value = std::round(gamma(random) * 10) / 10;
}

TEST(SegmentFormat, KeepsRegularLatenciesInLessThanTwoBytesASample) {
  Columns columns = regular_columns(10, 1000);
  fill_latencies(columns);
  EXPECT_LT(bytes_per_sample(columns), 1.7);
}

TEST(SegmentFormat, PaysFourBitsForTenMillisecondsOfJitter) {
  Columns columns = regular_columns(10, 1000, 10);
  fill_latencies(columns);
  EXPECT_LT(bytes_per_sample(columns), 2.2);
}

TEST(SegmentFormat, PaysLittleForGaps) {
  Columns columns = regular_columns(10, 1000);
  for (std::size_t i = 0; i < columns.timestamps.size(); ++i) {
    columns.timestamps[i] += static_cast<std::int64_t>(i % 1000 / 150 * 60'000);
  }
  fill_latencies(columns);
  EXPECT_LT(bytes_per_sample(columns), 1.9);
}

TEST(SegmentFormat, KeepsOneSampleOfManySeriesInLessThanFourBytes) {
  Columns columns = regular_columns(10'000, 1);
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < columns.runs.size(); ++i) {
    columns.runs[i].series = 100 * i + random() % 100;
    columns.timestamps[i] = 1'790'000'000'000 + static_cast<std::int64_t>(random() % 50);
  }
  fill_latencies(columns);
  EXPECT_LT(bytes_per_sample(columns), 3.6);
}

// Whether the next series begins above or below where this one ended, and through resets.
TEST(SegmentFormat, KeepsCountersByTheirIncreases) {
  for (const double start : {0.0, 1e9, -1e9}) {
    Columns columns = regular_columns(10, 1000);
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < columns.values.size(); ++i) {
      const double before = i % 1000 == 0    ? 1e12 + start * static_cast<double>(i)
                            : i % 333 == 200 ? 0
                                             : columns.values[i - 1];
      columns.values[i] = before + static_cast<double>(random() % 200);
    }
    EXPECT_LT(bytes_per_sample(columns), 1.2) << "start " << start;
  }
}

TEST(SegmentFormat, KeepsSinglePrecisionInHalfTheBits) {
  Columns columns = regular_columns(10, 1000);
  std::mt19937_64 random(1);
  for (double& value : columns.values) value = static_cast<double>(std::uniform_real_distribution<float>(1, 2)(random));
  EXPECT_LT(bytes_per_sample(columns), 4.2);
}

TEST(SegmentFormat, NeverCostsMuchMoreThanTheBitsThemselves) {
  Columns columns = regular_columns(10, 1000);
  std::mt19937_64 random(1);
  for (double& value : columns.values) value = std::bit_cast<double>(random());
  EXPECT_LT(bytes_per_sample(columns), 8.1);
}

TEST(SegmentFormat, KeepsASingleSampleInLessThanSeventyBytes) {
  Columns columns = regular_columns(1, 1);
  columns.values[0] = 12.5;
  EXPECT_LT(encode(columns).size(), 70U);
}

}  // namespace
}  // namespace luminate::codec
