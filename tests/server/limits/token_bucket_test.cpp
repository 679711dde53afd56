#include "server/limits/token_bucket.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "server/limits/rates.hpp"

namespace luminate::server::limits {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const TokenBucket::Time kStart{hours(1000)};

TokenBucket full(std::uint64_t rate) {
  TokenBucket bucket;
  bucket.refill(kStart, rate);
  return bucket;
}

TEST(TokenBucket, HoldsASecondsWorth) {
  TokenBucket bucket = full(100);
  EXPECT_TRUE(bucket.is_full());
  EXPECT_EQ(bucket.remaining(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(bucket.has_one()) << i;
    bucket.take(1);
  }
  EXPECT_FALSE(bucket.has_one());
  EXPECT_EQ(bucket.remaining(), 0u);
  EXPECT_EQ(bucket.time_until(1), seconds(1));
  EXPECT_EQ(bucket.time_until_full(), seconds(1));
}

TEST(TokenBucket, GivesATokenBackWhenItsTimeHasCome) {
  TokenBucket bucket = full(100);
  bucket.take(100);
  bucket.refill(kStart + milliseconds(10) - microseconds(1), 100);
  EXPECT_FALSE(bucket.has_one());
  bucket.refill(kStart + milliseconds(10), 100);
  EXPECT_TRUE(bucket.has_one());
  bucket.take(1);
  EXPECT_FALSE(bucket.has_one());
}

TEST(TokenBucket, KeepsTheRateHoweverOftenItIsAsked) {
  for (const std::uint64_t rate : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{100}, std::uint64_t{1000}}) {
    TokenBucket bucket = full(rate);
    std::uint64_t let_in = 0;
    // Steps of 0.1 ms over ten seconds: a token's fraction must neither be lost nor counted twice.
    for (int step = 0; step <= 100'000; ++step) {
      bucket.refill(kStart + microseconds(100) * step, rate);
      if (!bucket.has_one()) continue;
      bucket.take(1);
      ++let_in;
    }
    EXPECT_GE(let_in, rate * 11 - 1) << rate;
    EXPECT_LE(let_in, rate * 11) << rate;
  }
}

TEST(TokenBucket, NeverHoldsMoreThanASecondsWorth) {
  TokenBucket bucket = full(10);
  bucket.take(5);
  bucket.refill(kStart + hours(24 * 365 * 200), 10);
  EXPECT_EQ(bucket.remaining(), 10u);
  bucket.take(-100);
  EXPECT_EQ(bucket.remaining(), 10u);
}

TEST(TokenBucket, PaysADebtBeforeAnythingElse) {
  TokenBucket bucket = full(1000);
  bucket.take(3500);
  EXPECT_EQ(bucket.remaining(), 0u);
  EXPECT_EQ(bucket.time_until(1), seconds(3));
  EXPECT_EQ(bucket.time_until_full(), seconds(4));
  bucket.refill(kStart + milliseconds(2500), 1000);
  EXPECT_FALSE(bucket.has_one());
  bucket.refill(kStart + milliseconds(2501), 1000);
  EXPECT_TRUE(bucket.has_one());
}

TEST(TokenBucket, StandsAClockThatStandsStillOrGoesBack) {
  TokenBucket bucket = full(10);
  bucket.take(10);
  for (int i = 0; i < 1000; ++i) bucket.refill(kStart, 10);
  EXPECT_FALSE(bucket.has_one());
  bucket.refill(kStart - hours(500), 10);
  EXPECT_FALSE(bucket.has_one());
  bucket.refill(kStart - hours(500) + milliseconds(100), 10);
  EXPECT_TRUE(bucket.has_one());
  EXPECT_EQ(bucket.remaining(), 1u);
}

TEST(TokenBucket, StandsHugeRatesAndHugeCosts) {
  TokenBucket bucket = full(kMaxRate);
  EXPECT_EQ(bucket.remaining(), kMaxRate);
  bucket.take(kMaxRate);
  EXPECT_FALSE(bucket.has_one());
  bucket.refill(kStart + nanoseconds(1), kMaxRate);
  EXPECT_EQ(bucket.remaining(), 1u);

  for (int i = 0; i < 100; ++i) bucket.take(static_cast<double>(UINT64_MAX));
  EXPECT_EQ(bucket.remaining(), 0u);
  EXPECT_GT(bucket.time_until(1).count(), 0);
  EXPECT_LE(bucket.time_until(1), seconds(1'000'001));

  TokenBucket slow = full(1);
  for (int i = 0; i < 100; ++i) slow.take(static_cast<double>(UINT64_MAX));
  EXPECT_GT(slow.time_until_full().count(), 0);
}

TEST(TokenBucket, KeepsWhatWasUsedWhenItsRateChanges) {
  TokenBucket bucket = full(100);
  bucket.take(90);
  bucket.refill(kStart, 1000);
  EXPECT_EQ(bucket.remaining(), 10u);
  bucket.refill(kStart + milliseconds(100), 1000);
  EXPECT_EQ(bucket.remaining(), 110u);
  bucket.refill(kStart + milliseconds(100), 5);
  EXPECT_EQ(bucket.remaining(), 5u);
  bucket.take(1005);
  bucket.refill(kStart + milliseconds(100), 1'000'000);
  EXPECT_EQ(bucket.remaining(), 0u);
}

}  // namespace
}  // namespace luminate::server::limits
