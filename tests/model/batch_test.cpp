#include <luminate/error.hpp>
#include <luminate/metric.hpp>

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "model/dimension_set.hpp"

namespace luminate {
namespace {

std::vector<double> values_of(const Batch& batch) {
  return {batch.value_column().begin(), batch.value_column().end()};
}

TEST(Batch, HoldsPointsAsColumnsInTheOrderOfAdding) {
  Batch batch;
  batch.add({"latency", 1000, 1.5, {{"host", "a"}}});
  batch.add({"latency", 900, -2, {{"host", "b"}}});
  batch.add({"latency", 1000, 3, {{"host", "a"}}});
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(std::vector(batch.series_column().begin(), batch.series_column().end()),
            (std::vector<Batch::SeriesIndex>{0, 1, 0}));
  EXPECT_EQ(std::vector(batch.timestamp_column().begin(), batch.timestamp_column().end()),
            (std::vector<std::int64_t>{1000, 900, 1000}));
  EXPECT_EQ(values_of(batch), (std::vector<double>{1.5, -2, 3}));
  EXPECT_EQ(batch.series_count(), 2U);
  EXPECT_EQ(batch.metric_count(), 1U);
  EXPECT_EQ(batch.metric_name(0), "latency");
  EXPECT_EQ(model::dimensions_from(batch.series_at(1).dimensions), (Dimensions{{"host", "b"}}));
}

TEST(Batch, TellsSeriesApartByNameAndByDimensions) {
  Batch batch;
  const auto a = batch.series("m", {{"k", "v"}});
  EXPECT_NE(batch.series("n", {{"k", "v"}}), a);
  EXPECT_NE(batch.series("m", {{"k", "w"}}), a);
  EXPECT_NE(batch.series("m", {{"kv", ""}}), a);
  EXPECT_NE(batch.series("m", {}), a);
  EXPECT_EQ(batch.series("m", {{"k", "v"}}), a);
  EXPECT_EQ(batch.series_canonical("m", model::canonical_bytes({{"k", "v"}})), a);
  EXPECT_EQ(batch.series_at(a).fingerprint, model::fingerprint(batch.series_at(a).dimensions));
}

TEST(Batch, FindsEachOfManySeriesAndMetricsAgain) {
  Batch batch;
  constexpr std::uint32_t kMany = 10'000;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < kMany; ++i) {
      ASSERT_EQ(batch.series("metric_" + std::to_string(i), {{"i", std::to_string(i / 2)}}), i);
    }
  }
  EXPECT_EQ(batch.series_count(), kMany);
  EXPECT_EQ(batch.metric_count(), kMany);
  EXPECT_EQ(batch.metric_name(batch.series_at(4321).metric), "metric_4321");
}

TEST(Batch, AppendsAColumnOfSamples) {
  Batch batch;
  const auto series = batch.series("m", {});
  const std::vector<std::int64_t> timestamps = {1, 2, 3};
  batch.append(series, timestamps, std::vector<double>{10, 20, 30});
  batch.append(series, {}, {});
  EXPECT_EQ(batch.size(), 3U);
  EXPECT_EQ(values_of(batch), (std::vector<double>{10, 20, 30}));
}

TEST(Batch, RefusesColumnsOfDifferentLengthAndStaysAsItWas) {
  Batch batch;
  const auto series = batch.series("m", {});
  try {
    batch.append(series, std::vector<std::int64_t>{1, 2}, std::vector<double>{1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_request);
  }
  EXPECT_TRUE(batch.empty());
}

TEST(Batch, ForgetsAllWhenCleared) {
  Batch batch;
  for (int i = 0; i < 1000; ++i) batch.add({"m" + std::to_string(i), 1, 1, {{"i", std::to_string(i)}}});
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.series_count(), 0U);
  EXPECT_EQ(batch.metric_count(), 0U);
  EXPECT_EQ(batch.series("m999", {{"i", "999"}}), 0U);
  EXPECT_EQ(batch.series("m1", {{"i", "1"}}), 1U);
}

TEST(Batch, CopiesAreIndependent) {
  Batch batch;
  batch.add({"m", 1, 1, {{"k", "v"}}});
  Batch copy = batch;
  copy.add({"m", 2, 2, {{"k", "w"}}});
  batch.add({"m", 3, 3, {{"k", "v"}}});
  EXPECT_EQ(copy.series_column()[0], 0U);
  EXPECT_EQ(copy.series("m", {{"k", "v"}}), 0U);
  EXPECT_EQ(values_of(copy), (std::vector<double>{1, 2}));
  EXPECT_EQ(values_of(batch), (std::vector<double>{1, 3}));
  copy = batch;
  EXPECT_EQ(copy.series_count(), 1U);
}

TEST(Batch, IsEmptyAndUsableAfterAMove) {
  Batch batch;
  batch.add({"m", 1, 1, {}});
  const Batch taken = std::move(batch);
  EXPECT_EQ(taken.size(), 1U);
  // NOLINTBEGIN(bugprone-use-after-move): what a moved-from batch is belongs to the contract.
  EXPECT_EQ(batch.size(), 0U);
  EXPECT_EQ(batch.series_count(), 0U);
  EXPECT_EQ(batch.metric_count(), 0U);
  EXPECT_TRUE(batch.value_column().empty());
  EXPECT_THROW(batch.series_at(0), std::out_of_range);
  batch.clear();
  const Batch copy = batch;
  EXPECT_TRUE(copy.empty());
  batch.add({"n", 2, 2, {}});
  EXPECT_EQ(batch.metric_name(0), "n");
  // NOLINTEND(bugprone-use-after-move)
}

}  // namespace
}  // namespace luminate
