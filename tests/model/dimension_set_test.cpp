#include "model/dimension_set.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace luminate::model {
namespace {

TEST(DimensionSet, HasTheDocumentedBytes) {
  EXPECT_EQ(canonical_bytes({}), "");
  EXPECT_EQ(canonical_bytes({{"b", "xyz"}, {"a", ""}}), std::string("\x01"
                                                                    "a"
                                                                    "\x00"
                                                                    "\x01"
                                                                    "b"
                                                                    "\x03"
                                                                    "xyz",
                                                                    9));
  const std::string canonical = canonical_bytes({{"k", std::string(300, 'v')}});
  EXPECT_EQ(canonical.substr(0, 4), "\x01k\xAC\x02");
  EXPECT_EQ(canonical.size(), 304U);
}

TEST(DimensionSet, KeepsItsFingerprintForever) {
  // Stored files hold fingerprints.
  const auto empty = fingerprint("");
  EXPECT_EQ(empty.low, 0x6001c324468d497fULL);
  EXPECT_EQ(empty.high, 0x99aa06d3014798d8ULL);
}

TEST(DimensionSet, ComesBackFromItsBytes) {
  for (const std::size_t length : {0U, 1U, 127U, 128U, 16383U, 16384U}) {
    const Dimensions dimensions = {{"key", std::string(length, 'x')}, {"other", "y"}, {std::string(200, 'z'), "\xFF"}};
    EXPECT_EQ(dimensions_from(canonical_bytes(dimensions)), dimensions);
  }
}

TEST(DimensionSet, WritesLengthsOfAnySize) {
  char out[kMaxLengthBytes];
  EXPECT_EQ(put_length(out, 127) - out, 1);
  EXPECT_EQ(put_length(out, 128) - out, 2);
  EXPECT_EQ(put_length(out, ~std::size_t{0}) - out, static_cast<std::ptrdiff_t>(kMaxLengthBytes));
}

TEST(DimensionSet, IsOrderedAsTheMapIs) {
  std::mt19937 random(7);
  std::vector<Dimensions> sets = {{}};
  for (int i = 0; i < 60; ++i) {
    Dimensions dimensions;
    for (auto n = random() % 4; n > 0; --n) {
      const auto text = [&] { return std::string(random() % 3, random() % 2 == 0 ? 'a' : '\xE9'); };
      dimensions[text()] = text();
    }
    sets.push_back(dimensions);
  }
  const auto sign = [](int n) { return (n > 0) - (n < 0); };
  for (const Dimensions& a : sets) {
    for (const Dimensions& b : sets) {
      EXPECT_EQ(sign(compare_canonical(canonical_bytes(a), canonical_bytes(b))), (a > b) - (a < b));
    }
  }
}

}  // namespace
}  // namespace luminate::model
