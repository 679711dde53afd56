#include "codec/decimal.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

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

}  // namespace
}  // namespace luminate::codec
