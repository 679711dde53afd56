#include "engine/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace luminate::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ExactSum sum_of(const std::vector<double>& values) {
  return sum_terms(0, values.size(), [&](std::size_t i) { return values[i]; });
}

TEST(ExactSum, OfATenthTenMillionTimesIsAMillion) {
  ExactSum one_by_one;
  for (int i = 0; i < 10'000'000; ++i) one_by_one.add(0.1);
  // 0.1 is stored 5.55e-18 too large, and half a step at 1e6 is 5.8e-11: a million is the nearest double.
  EXPECT_EQ(one_by_one.value(), 1'000'000);
  EXPECT_EQ(sum_terms(0, 10'000'000, [](std::size_t) { return 0.1; }).value(), 1'000'000);
}

TEST(ExactSum, KeepsWhatCancellationLeaves) {
  EXPECT_EQ(sum_of({1e16, 1, -1e16}).value(), 1);
  EXPECT_EQ(sum_of({1, 1e30, 1, -1e30}).value(), 2);
  EXPECT_EQ(sum_of({1e16, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1e16}).value(), 9);
}

TEST(ExactSum, DoesNotDependOnOrderOrOnParts) {
  std::mt19937 random(11);
  std::vector<double> values(10'000);
  for (double& value : values) value = std::normal_distribution<double>(1000, 1e6)(random);
  const double expected = sum_of(values).value();
  for (int round = 0; round < 20; ++round) {
    std::shuffle(values.begin(), values.end(), random);
    ExactSum total;
    for (std::size_t at = 0; at < values.size();) {
      const std::size_t until = std::min(values.size(), at + 1 + random() % 3000);
      total.merge(sum_terms(at, until, [&](std::size_t i) { return values[i]; }));
      at = until;
    }
    EXPECT_EQ(total.value(), expected);
  }
}

TEST(ExactSum, BeyondFloat64IsInfiniteAndStaysSo) {
  EXPECT_EQ(sum_of({1e308, 1e308}).value(), kInfinity);
  EXPECT_EQ(sum_of({-1e308, -1e308, 5}).value(), -kInfinity);
  ExactSum sum = sum_of({1e308, 1e308});
  sum.add(-1e308);
  sum.merge(sum_of({-1e308, -1e308}));
  EXPECT_EQ(sum.value(), kInfinity);
  ExactSum other = sum_of({1});
  other.merge(sum);
  EXPECT_EQ(other.value(), kInfinity);
}

TEST(ExactSum, OfHugeTermsThatCancelInTheirOrderIsFinite) {
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.insert(values.end(), {1e308, -1e308});
  values.push_back(3);
  EXPECT_EQ(sum_of(values).value(), 3);
}

}  // namespace
}  // namespace luminate::engine
