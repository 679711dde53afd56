#include "model/keyed_hash.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace luminate::model {
namespace {

std::pair<std::uint64_t, std::uint64_t> pair_of(const KeyedHash::Value& value) {
  return {value.low, value.high};
}

TEST(KeyedHash, TellsTextsApartThatDifferInAnything) {
  const KeyedHash hash;
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t texts = 0;
  const auto add = [&](std::string_view text, const KeyedHash::Value& before = {}) {
    seen.insert(pair_of(hash(before, text)));
    ++texts;
  };
  // Of one byte, whose blocks overlap or are padded in every way: length alone tells them apart.
  for (const char c : {'\0', 'a'}) {
    for (std::size_t length = c == '\0' ? 0 : 1; length <= 100; ++length) add(std::string(length, c));
  }
  std::string text(70, 'x');
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string changed = text;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      add(changed);
    }
  }
  add("x", {1, 0});
  add("x", {0, 1});
  add("", {1, 0});
  EXPECT_EQ(seen.size(), texts);
}

TEST(KeyedHash, SpreadsItsBits) {
  const KeyedHash hash;
  const auto reference = hash({}, "host-000");
  int changed = 0;
  constexpr int kTexts = 1'000;
  for (int i = 1; i <= kTexts; ++i) {
    const auto other = hash({}, "host-" + std::to_string(i));
    changed += std::popcount(reference.low ^ other.low) + std::popcount(reference.high ^ other.high);
  }
  EXPECT_NEAR(changed, kTexts * 64, kTexts * 3);
}

TEST(KeyedHash, ScattersNumberedTexts) {
  constexpr std::size_t kTexts = 65'536;
  for (int round = 0; round < 10; ++round) {
    const KeyedHash hash;
    std::vector<int> places(kTexts, 0);
    for (std::size_t i = 0; i < kTexts; ++i) ++places[hash({}, std::to_string(i)).low >> 48];
    // As many stay empty as do by chance, a part of 1/e: standing at regular distances they would leave few, or many.
    EXPECT_NEAR(static_cast<double>(std::count(places.begin(), places.end(), 0)) / kTexts, 0.368, 0.01);
  }
}

TEST(KeyedHash, AgreesWithItselfAndWithNoOther) {
  const KeyedHash one;
  const KeyedHash other;
  const std::string longest(KeyedHash::kMaxBytes, 'z');
  for (const std::string& text : {std::string(), std::string("a"), std::string("0123456789abcdef"), longest}) {
    EXPECT_EQ(one({}, text), one({}, text));
    EXPECT_NE(one({}, text), other({}, text));
  }
  EXPECT_NE(one({}, longest), one({}, std::string_view(longest).substr(1)));
}

}  // namespace
}  // namespace luminate::model
