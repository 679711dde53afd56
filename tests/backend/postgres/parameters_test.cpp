#include "postgres/parameters.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace luminate::postgres {
namespace {

using Limits = std::numeric_limits<std::int64_t>;

std::string bytes(const Parameters& parameters, std::size_t index = 0) {
  return {parameters.values()[index], static_cast<std::size_t>(parameters.lengths()[index])};
}

std::string big_endian(std::int64_t value) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>(value >> shift));
  return text;
}

TEST(Parameters, AreNumberedInTheOrderInWhichTheyCome) {
  Parameters parameters;
  parameters.add("one").add(std::int64_t{2}).add("");
  EXPECT_EQ(parameters.last(), "$3");
  ASSERT_EQ(parameters.size(), 3U);
  EXPECT_EQ(bytes(parameters, 0), "one");
  EXPECT_EQ(bytes(parameters, 1), big_endian(2));
  EXPECT_EQ(bytes(parameters, 2), "");
  EXPECT_EQ(std::vector<std::uint32_t>(parameters.types(), parameters.types() + 3),
            (std::vector<std::uint32_t>{25, 20, 25}));
}

TEST(Parameters, HoldNoAddressThatMoves) {
  Parameters parameters;
  for (int i = 0; i < 1000; ++i) parameters.add(std::string_view("text"));
  const Parameters copy = parameters;
  EXPECT_EQ(bytes(copy, 999), "text");
}

TEST(Parameters, TurnTimesThatCannotBeStoredIntoInfinities) {
  const auto time = [](std::int64_t unix_ms) { return bytes(Parameters().add_time(unix_ms)); };
  EXPECT_EQ(time(946'684'800'000), big_endian(0));
  EXPECT_EQ(time(946'684'799'999), big_endian(-1000));
  EXPECT_EQ(time(kEarliestTime), big_endian(-211'813'488'000'000'000));
  EXPECT_EQ(time(kEarliestTime - 1), big_endian(Limits::min()));
  EXPECT_EQ(time(Limits::min()), big_endian(Limits::min()));
  EXPECT_EQ(time(kEndOfTime - 1), big_endian(9'223'371'331'199'999'000));
  EXPECT_EQ(time(kEndOfTime), big_endian(Limits::max()));
  EXPECT_EQ(time(Limits::max()), big_endian(Limits::max()));
}

TEST(Parameters, KnowWhichTextsPostgresqlCanHold) {
  EXPECT_TRUE(storable(""));
  EXPECT_TRUE(storable("h\xC3\xBC\x01"));
  EXPECT_FALSE(storable(std::string_view("a\0b", 3)));
  EXPECT_FALSE(storable("\xFF"));
  EXPECT_FALSE(storable("\xED\xA0\x80"));  // A surrogate.
}

}  // namespace
}  // namespace luminate::postgres
