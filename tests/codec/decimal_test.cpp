#include "codec/decimal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "codec/bit_packing.hpp"
#include "columns.hpp"

namespace luminate::codec {
namespace {

std::optional<unsigned> exponent_of(std::vector<double> values) {
  return choose_exponent(values);
}

TEST(Decimal, ChoosesAsManyDecimalsAsTheValuesHave) {
  EXPECT_EQ(exponent_of({1, 2, 1'000'000}), 0U);
  EXPECT_EQ(exponent_of({1.5, 2, -3.1}), 1U);
  EXPECT_EQ(exponent_of({0.001, 17}), 3U);
  EXPECT_EQ(exponent_of({1e-22}), 22U);
}

TEST(Decimal, LetsRareLongNumbersBeExceptions) {
  std::vector<double> values(32, 1.5);
  values[9] = 1.23456789012;
  EXPECT_EQ(choose_exponent(values), 1U);
}

TEST(Decimal, LeavesNumbersThatAreNoDecimalsAlone) {
  EXPECT_EQ(exponent_of({M_PI, M_E, std::sqrt(2.0)}), std::nullopt);
  EXPECT_EQ(exponent_of({-0.0, std::numeric_limits<double>::infinity(), std::nan("")}), std::nullopt);
  EXPECT_EQ(exponent_of({1e-23, 1e300}), std::nullopt);
}

TEST(Decimal, ConvertsWhateverWasWrittenWithFifteenDigits) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const auto exponent = static_cast<unsigned>(random() % (kMaxExponent + 1));
    const auto integer = static_cast<std::int64_t>(random() % 1'000'000'000'000'000) * (random() % 2 == 0 ? 1 : -1);
    const auto text = std::to_string(integer) + "e-" + std::to_string(exponent);
    const std::vector<double> values = {integer == 0 ? 0.0 : std::stod(text)};
    std::vector<std::uint64_t> integers(1);
    std::vector<std::uint16_t> exceptions(1);
    ASSERT_EQ(to_decimal(values, exponent, integers, exceptions), 0U) << text;
    ASSERT_EQ(static_cast<std::int64_t>(integers[0]), integer);
    std::vector<double> back(1);
    from_decimal(integers, exponent, back);
    ASSERT_EQ(back, values) << text;
  }
}

TEST(Decimal, StopsWhereRoundingByAdditionIsNoLongerExact) {
  const std::vector<double> values = {0x1p51, 0x1p51 + 1, -0x1p51, -0x1p51 - 1, 7};
  std::vector<std::uint64_t> integers(5);
  std::vector<std::uint16_t> exceptions(5);
  ASSERT_EQ(to_decimal(values, 0, integers, exceptions), 2U);
  EXPECT_EQ(exceptions[0], 1);
  EXPECT_EQ(exceptions[1], 3);
  EXPECT_EQ(integers[1], integers[0]) << "an exception repeats the integer before it";
}

TEST(Decimal, ReportsEveryValueThatDoesNotComeBack) {
  const double nan = std::nan("");
  const std::vector<double> values = {nan, -0.0, 0.1, 0.25, 0.0, 0.1 + 0.2, 3.5};
  std::vector<std::uint64_t> integers(values.size());
  std::vector<std::uint16_t> exceptions(values.size());
  const std::size_t found = to_decimal(values, 1, integers, exceptions);
  EXPECT_EQ(std::vector(exceptions.begin(), exceptions.begin() + static_cast<std::ptrdiff_t>(found)),
            (std::vector<std::uint16_t>{0, 1, 3, 5}));
  EXPECT_EQ(integers, (std::vector<std::uint64_t>{1, 1, 1, 1, 0, 0, 35}));
}

// A reciprocal in two parts must round as the division does, most of all near the middle between two doubles.
TEST(Decimal, IsTheQuotientOnEveryMachine) {
  std::mt19937_64 random(3);
  for (unsigned exponent = 0; exponent <= kMaxExponent; ++exponent) {
    const double power = std::stod("1e" + std::to_string(exponent));
    std::vector<std::uint64_t> integers;
    for (std::int64_t near : {std::int64_t{0}, kMaxInteger, -kMaxInteger, static_cast<std::int64_t>(power / 2)}) {
      near = std::clamp(near, -kMaxInteger + 50, kMaxInteger - 50);
      for (std::int64_t i = -50; i <= 50; ++i) integers.push_back(static_cast<std::uint64_t>(near + i));
    }
    while (integers.size() < 20'003) {
      const auto magnitude = static_cast<std::int64_t>(random() >> (13 + random() % 50));
      integers.push_back(static_cast<std::uint64_t>(random() % 2 == 0 ? magnitude : -magnitude));
      // The integers around those that a middle between two doubles comes from.
      const double quotient = std::ldexp(1 + std::ldexp(static_cast<double>(random() >> 12), -52), -2);
      const auto middle =
          static_cast<std::int64_t>((static_cast<long double>(quotient) + 0x1p-55L) * static_cast<long double>(power));
      if (middle < kMaxInteger) integers.push_back(static_cast<std::uint64_t>(middle));
    }
    std::vector<double> quotients(integers.size());
    for (std::size_t i = 0; i < integers.size(); ++i) {
      quotients[i] = static_cast<double>(static_cast<std::int64_t>(integers[i])) / power;
    }
    for (const Instructions instructions : {Instructions::baseline, best_instructions()}) {
      std::vector<double> doubles(integers.size());
      from_decimal(integers, exponent, doubles, instructions);
      ASSERT_EQ(doubles, quotients) << "exponent " << exponent;
      std::vector<std::uint64_t> steps(integers);
      for (std::size_t i = steps.size() - 1; i > 0; --i) steps[i] -= steps[i - 1];
      steps[0] -= 7;
      std::fill(doubles.begin(), doubles.end(), 0);
      from_decimal_steps(steps, 7, exponent, doubles, instructions);
      ASSERT_EQ(doubles, quotients) << "exponent " << exponent;
    }
  }
}

TEST(Decimal, IsTheQuotientOfAnyIntegersThatHostileBytesHold) {
  std::mt19937_64 random(4);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::uint64_t base : {std::uint64_t{0}, std::uint64_t{1} << 51, ~std::uint64_t{0} << 51, random()}) {
      std::vector<std::uint64_t> integers(300);
      for (auto& integer : integers) integer = random();
      std::string packed;
      pack_bits(integers, width, packed);
      std::vector<std::uint64_t> unpacked(integers.size());
      unpack_bits(bytes_of(packed), width, base, unpacked, Instructions::baseline);
      for (const unsigned exponent : {0U, 1U, 15U, 16U, 22U}) {
        std::vector<double> quotients(integers.size());
        const double power = std::stod("1e" + std::to_string(exponent));
        for (std::size_t i = 0; i < unpacked.size(); ++i) {
          quotients[i] = static_cast<double>(static_cast<std::int64_t>(unpacked[i])) / power;
        }
        for (const Instructions instructions : {Instructions::baseline, best_instructions()}) {
          std::vector<double> doubles(integers.size());
          unpack_decimals(bytes_of(packed), width, base, exponent, doubles, instructions);
          ASSERT_EQ(doubles, quotients) << "width " << width << ", base " << base << ", exponent " << exponent;
        }
      }
    }
  }
}

TEST(Decimal, ConvertsAlikeOnEveryMachine) {
  std::mt19937_64 random(5);
  for (unsigned exponent = 0; exponent <= kMaxExponent; ++exponent) {
    std::vector<double> values;
    for (int i = 0; i < 1023; ++i) {
      const double decimal = static_cast<double>(random() >> (12 + random() % 52)) / std::pow(10, random() % 23);
      values.push_back(random() % 8 == 0 ? std::bit_cast<double>(random()) : random() % 2 == 0 ? decimal : -decimal);
    }
    std::vector<std::uint64_t> baseline(values.size());
    std::vector<std::uint16_t> baseline_exceptions(values.size());
    std::vector<std::uint64_t> best(values.size());
    std::vector<std::uint16_t> best_exceptions(values.size());
    const auto found = to_decimal(values, exponent, baseline, baseline_exceptions, Instructions::baseline);
    ASSERT_EQ(to_decimal(values, exponent, best, best_exceptions, best_instructions()), found);
    EXPECT_EQ(best, baseline);
    baseline_exceptions.resize(found);
    best_exceptions.resize(found);
    EXPECT_EQ(best_exceptions, baseline_exceptions);
  }
}

}  // namespace
}  // namespace luminate::codec
