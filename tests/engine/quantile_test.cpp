#include "engine/quantile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "engine/value_store.hpp"

namespace luminate::engine {
namespace {

std::vector<std::span<const double>> cut(const std::vector<double>& values, std::size_t length) {
  std::vector<std::span<const double>> pieces;
  const std::span<const double> all(values);
  for (std::size_t at = 0; at < all.size(); at += length) {
    pieces.push_back(all.subspan(at, std::min(length, all.size() - at)));
  }
  return pieces;
}

double by_sorting(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double position = static_cast<double>(values.size() - 1) * q;
  const auto rank = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(rank);
  if (fraction == 0) return values[rank];
  return values[rank] + (values[rank + 1] - values[rank]) * fraction;
}

/// Values by their index; the stride of the sample is size / 64 at these sizes.
const std::vector<std::pair<const char*, std::function<double(std::size_t, std::size_t)>>> kPatterns = {
    {"equal", [](std::size_t, std::size_t) { return 7.0; }},
    {"rising", [](std::size_t i, std::size_t) { return static_cast<double>(i); }},
    {"falling", [](std::size_t i, std::size_t) { return -static_cast<double>(i); }},
    {"two values", [](std::size_t i, std::size_t) { return static_cast<double>(i % 2); }},
    {"one outlier", [](std::size_t i, std::size_t) { return i == 3 ? 1e300 : 1.0; }},
    {"mixed", [](std::size_t i, std::size_t) { return static_cast<double>(i * 7919 % 1009); }},
    {"sample sees only large ones",
     [](std::size_t i, std::size_t size) {
       const std::size_t stride = std::max<std::size_t>(size / 64, 1);
       return static_cast<double>(i) + (i % stride == stride / 2 ? 1e9 : 0);
     }},
    {"sample sees only small ones",
     [](std::size_t i, std::size_t size) {
       const std::size_t stride = std::max<std::size_t>(size / 64, 1);
       return static_cast<double>(i) - (i % stride == stride / 2 ? 1e9 : 0);
     }},
};

TEST(Quantile, IsExactWhateverTheDataLooksLike) {
  QuantileFinder finder;
  for (const auto& [name, pattern] : kPatterns) {
    for (const std::size_t size : {1U, 2U, 3U, 511U, 512U, 513U, 6400U, 40'000U}) {
      std::vector<double> values;
      for (std::size_t i = 0; i < size; ++i) values.push_back(pattern(i, size));
      for (const double q : {0.0, 0.001, 0.05, 0.5, 0.95, 0.99, 0.9999, 1.0}) {
        const double expected = by_sorting(values, q);
        EXPECT_NEAR(finder.find(cut(values, 1000), q, {}), expected, std::abs(expected) * 1e-15)
            << name << ", " << size << " values, q " << q;
      }
    }
  }
}

TEST(Quantile, DoesNotDependOnHowValuesAreCut) {
  std::mt19937 random(7);
  std::vector<double> values(20'000);
  for (double& value : values) value = std::normal_distribution<double>(0, 1)(random);
  QuantileFinder finder;
  const double expected = by_sorting(values, 0.95);
  for (const std::size_t length : {1U, 3U, 500U, 8192U, 20'000U}) {
    EXPECT_DOUBLE_EQ(finder.find(cut(values, length), 0.95, {}), expected) << "pieces of " << length;
  }
}

TEST(Quantile, BetweenHugeValuesDoesNotOverflow) {
  QuantileFinder finder;
  EXPECT_EQ(finder.find(cut({-1e308, 1e308}, 2), 0.5, {}), 0);
  EXPECT_EQ(finder.find(cut({-1e308, 1e308}, 2), 0, {}), -1e308);
  EXPECT_EQ(finder.find(cut({-1e308, 1e308}, 2), 1, {}), 1e308);
}

TEST(Quantile, OfVeryManyValuesIsGivenUpWhenTimeIsUp) {
  const std::vector<double> values(20'000, 1.0);
  model::Call call;
  call.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  QuantileFinder finder;
  EXPECT_THROW(finder.find(cut(values, 5000), 0.5, call), Error);
}

using Lists = std::vector<std::vector<double>>;

/// Appends values around the sizes where chunks end to each list in turn.
Lists fill(ValueStore& store, std::uint32_t lists, double next) {
  store.resize(lists);
  Lists expected(lists);
  for (std::size_t round = 0; round < 300; ++round) {
    const auto list = static_cast<std::uint32_t>(round % lists);
    std::vector<double> values(round * list * 40 + round % 5);
    for (double& value : values) value = ++next;
    store.append(list, values);
    expected[list].insert(expected[list].end(), values.begin(), values.end());
  }
  return expected;
}

std::vector<double> stored(const ValueStore& store, std::uint32_t list) {
  std::vector<std::span<const double>> pieces;
  store.pieces(list, pieces);
  std::vector<double> values;
  for (const auto& piece : pieces) {
    EXPECT_LE(piece.size(), ValueStore::kLargestChunk);
    values.insert(values.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(values.size(), store.size(list));
  return values;
}

TEST(ValueStore, KeepsWhatManyListsAreGivenInTurn) {
  ValueStore store;
  const Lists expected = fill(store, 3, 0);
  for (std::uint32_t list = 0; list < 3; ++list) EXPECT_EQ(stored(store, list), expected[list]);
}

TEST(ValueStore, AbsorbsTheListsOfAnother) {
  ValueStore store;
  Lists expected = fill(store, 3, 0);
  ValueStore other;
  const Lists others = fill(other, 2, 1e6);
  const std::vector<std::uint32_t> lists = {2, 0};
  store.absorb(other, lists);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    auto& list = expected[lists[i]];
    list.insert(list.end(), others[i].begin(), others[i].end());
  }
  store.append(0, std::vector<double>{1, 2});
  expected[0].insert(expected[0].end(), {1, 2});
  for (std::uint32_t list = 0; list < 3; ++list) EXPECT_EQ(stored(store, list), expected[list]);
}

}  // namespace
}  // namespace luminate::engine
