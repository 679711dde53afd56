// Aggregations where arithmetic in plain doubles would show.

#include <gtest/gtest.h>

#include <cmath>

#include "evaluation.hpp"

namespace luminate::test {
namespace {

TEST(Stddev, OfSmallNoiseOnALargeOffsetIsThatOfTheNoise) {
  // Steps of 2^-20 are exact beside 1e9, so the noise is known exactly: its standard deviation is that of 0 to 999.
  SeriesMap series;
  const double step = std::ldexp(1.0, -20);
  for (int i = 0; i < 1000; ++i) series[{{"host", std::to_string(i % 7)}}][i] = 1e9 + step * (i * 377 % 1000);
  const double expected = step * std::sqrt((1000.0 * 1000.0 - 1) / 12);
  const query::Plan plan = aggregate_plan({{Aggregation::Kind::stddev, 0}});
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    EXPECT_NEAR(evaluate_with_engine(plan, series, {}, seed).aggregate().rows.at(0).values.at(0), expected,
                expected * 1e-13);
  }
  EXPECT_NEAR(backend::evaluate_reference(plan, series, {}).aggregate().rows.at(0).values.at(0), expected,
              expected * 1e-9);
}

TEST(Stddev, OfEqualValuesIsZero) {
  SeriesMap series;
  for (int i = 0; i < 1000; ++i) series[{{"host", std::to_string(i % 7)}}][i] = 0.1;
  const query::Plan plan = aggregate_plan({{Aggregation::Kind::stddev, 0}});
  EXPECT_EQ(evaluate_with_engine(plan, series, {}).aggregate().rows.at(0).values.at(0), 0);
}

TEST(Stddev, OfAnOutlierSeenFirstIsRight) {
  // One value x among n - 1 zeros: the mean is x / n, the variance x^2 (n - 1) / n^2.
  SeriesMap series;
  series[{}][0] = 1e9;
  for (int i = 1; i < 10'000; ++i) series[{}][i] = 0;
  const double n = 10'000;
  const double expected = 1e9 * std::sqrt((n - 1) / (n * n));
  const query::Plan plan = aggregate_plan({{Aggregation::Kind::stddev, 0}});
  EXPECT_NEAR(evaluate_with_engine(plan, series, {}).aggregate().rows.at(0).values.at(0), expected, expected * 1e-13);
}

TEST(Average, DoesNotDependOnTheOrderOfSeries) {
  SeriesMap series;
  for (int i = 0; i < 2000; ++i) series[{{"host", std::to_string(i % 40)}}][i] = std::exp(i % 61) * (i % 2 ? 1 : -1);
  const query::Plan plan = aggregate_plan({{Aggregation::Kind::avg, 0}});
  const double first = evaluate_with_engine(plan, series, {}, 1).aggregate().rows.at(0).values.at(0);
  for (std::uint32_t seed = 2; seed < 30; ++seed) {
    EXPECT_EQ(evaluate_with_engine(plan, series, {}, seed).aggregate().rows.at(0).values.at(0), first);
  }
}

TEST(Aggregate, LongSeriesAreCutNowhere) {
  // Longer than the stretches between two looks at the clock, with a step and an increase over each cut.
  SeriesMap series;
  constexpr int kSize = 150'000;
  for (int i = 0; i < kSize; ++i) series[{}][i * 1000] = i;
  query::Plan plan = aggregate_plan({{Aggregation::Kind::integral, 0}, {Aggregation::Kind::sum, 0}});
  const double sum = 0.5 * kSize * (kSize - 1);
  EXPECT_EQ(lines(evaluate_with_engine(plan, series, {})), lines(backend::evaluate_reference(plan, series, {})));
  EXPECT_EQ(evaluate_with_engine(plan, series, {}).aggregate().rows.at(0).values, (std::vector<double>{sum, sum}));
  plan = rate_plan(1'000'000);
  EXPECT_EQ(lines(evaluate_with_engine(plan, series, {})), lines(backend::evaluate_reference(plan, series, {})));
}

}  // namespace
}  // namespace luminate::test
