#include "server/limits/tenant_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace luminate::server::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Ticket = TenantLimiter::Ticket;

/// A limiter whose time a test tells.
class TenantLimiterTest : public ::testing::Test {
 protected:
  static Rates rates(std::optional<std::uint64_t> writes, std::optional<std::uint64_t> queries,
                     std::optional<std::uint64_t> points, std::optional<std::uint64_t> running) {
    return {writes, queries, points, running};
  }

  void limit(Rates others, std::map<std::string, Rates, std::less<>> named = {},
             std::size_t max_tenants = TenantLimiter::kMaxTenants) {
    limiter_.emplace(
        TenantRates{others, std::move(named)}, [this] { return now_; }, max_tenants);
  }

  /// Nothing when it is let in; it has ended when this returns.
  std::optional<Quota> ask(std::string_view tenant, Cost cost, std::uint64_t points = 0) {
    auto admitted = limiter_->admit(tenant, cost);
    if (const auto* refused = std::get_if<Quota>(&admitted)) return *refused;
    if (cost == Cost::write) std::get<Ticket>(admitted).settle(points);
    return std::nullopt;
  }
  Limit refused_by(std::string_view tenant, Cost cost, std::uint64_t points = 0) {
    const auto refused = ask(tenant, cost, points);
    return refused ? refused->limit : Limit::none;
  }

  void apply(Rates others, std::map<std::string, Rates, std::less<>> named = {}) {
    limiter_->apply(std::make_shared<const TenantRates>(TenantRates{others, std::move(named)}));
  }

  TokenBucket::Time now_{std::chrono::hours(1000)};
  std::optional<TenantLimiter> limiter_;
};

TEST_F(TenantLimiterTest, LetsInAsManyWritesAsItSaysAndNotOneMore) {
  limit(rates(100, 50, {}, {}));
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(ask("a", Cost::write)) << i;
  const auto refused = ask("a", Cost::write);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, Limit::write_requests);
  EXPECT_EQ(refused->allowed, 100u);
  EXPECT_EQ(refused->remaining, 0u);
  EXPECT_EQ(refused->retry_after, seconds(1));
  EXPECT_EQ(refused->full_after, seconds(1));
  now_ += milliseconds(10);
  EXPECT_FALSE(ask("a", Cost::write));
  EXPECT_TRUE(ask("a", Cost::write));
}

TEST_F(TenantLimiterTest, CountsReadsAndWritesApart) {
  limit(rates(2, 3, {}, {}));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask("a", Cost::query));
  EXPECT_EQ(refused_by("a", Cost::query), Limit::query_requests);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(ask("a", Cost::write));
  EXPECT_EQ(refused_by("a", Cost::write), Limit::write_requests);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(ask("a", Cost::none));
}

TEST_F(TenantLimiterTest, CountsTenantsApart) {
  limit(rates(2, 2, 100, 1));
  while (!ask("a", Cost::write, 1000)) {
  }
  while (!ask("a", Cost::query)) {
  }
  auto b = limiter_->admit("b", Cost::write);
  ASSERT_TRUE(std::holds_alternative<Ticket>(b));
  EXPECT_EQ(std::get<Ticket>(b).quota().remaining, 1u);
  std::get<Ticket>(b).settle(10);
  EXPECT_EQ(std::get<Ticket>(b).quota().remaining, 1u);
  EXPECT_FALSE(ask("b", Cost::query));
  EXPECT_FALSE(ask("", Cost::query)) << "who has no tenant has limits of its own, too";
}

TEST_F(TenantLimiterTest, LetsABatchBeLargerThanASecondsWorthAndKeepsTheAverage) {
  limit(rates({}, {}, 10'000, {}));
  EXPECT_FALSE(ask("a", Cost::write, 9'999));
  EXPECT_FALSE(ask("a", Cost::write, 35'001)) << "a point was left";
  const auto refused = ask("a", Cost::write, 1);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, Limit::points);
  EXPECT_EQ(refused->allowed, 10'000u);
  EXPECT_EQ(refused->retry_after, seconds(4)) << "35,000 points are owed";
  EXPECT_EQ(refused->full_after, seconds(5));
  now_ += milliseconds(3500);
  EXPECT_TRUE(ask("a", Cost::write, 1));
  now_ += milliseconds(1);
  EXPECT_FALSE(ask("a", Cost::write, 1));
}

TEST_F(TenantLimiterTest, ReservesSoThatManyBatchesAtOnceDoNotOwe) {
  limit(rates({}, {}, 10'000, {}));
  std::vector<Ticket> tickets;
  for (int i = 0; i < 100; ++i) {
    auto admitted = limiter_->admit("a", Cost::write);
    if (std::holds_alternative<Quota>(admitted)) break;
    tickets.push_back(std::get<Ticket>(std::move(admitted)));
    tickets.back().reserve(2'000);
    tickets.back().reserve(1'000);
  }
  EXPECT_EQ(tickets.size(), 5u);
  tickets[0].settle(10);
  EXPECT_FALSE(ask("a", Cost::write)) << "what was reserved too much is given back";
  tickets[1].settle(2'000 + 1'990);
  EXPECT_EQ(refused_by("a", Cost::write), Limit::points);
}

TEST_F(TenantLimiterTest, ReservesASecondsWorthAtMost) {
  limit(rates({}, {}, 10, {}));
  auto admitted = limiter_->admit("a", Cost::write);
  std::get<Ticket>(admitted).reserve(UINT64_MAX);
  EXPECT_EQ(ask("a", Cost::write)->retry_after, seconds(1));
  std::get<Ticket>(admitted).settle(0);
  EXPECT_FALSE(ask("a", Cost::write));
}

TEST_F(TenantLimiterTest, CountsQueriesThatHaveNotEnded) {
  limit(rates({}, {}, {}, 2));
  auto first = std::optional(limiter_->admit("a", Cost::query));
  const auto second = limiter_->admit("a", Cost::query);
  const auto refused = ask("a", Cost::query);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->limit, Limit::concurrent_queries);
  EXPECT_EQ(refused->allowed, 2u);
  EXPECT_EQ(refused->retry_after, seconds(1));
  EXPECT_FALSE(ask("b", Cost::query));
  EXPECT_FALSE(ask("a", Cost::write));
  first.reset();
  EXPECT_FALSE(ask("a", Cost::query));
  EXPECT_FALSE(ask("a", Cost::query)) << "who ended before holds no place";
}

TEST_F(TenantLimiterTest, TakesNothingForWhatItRefuses) {
  limit(rates({}, 2, {}, 1));
  {
    const auto running = limiter_->admit("a", Cost::query);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(refused_by("a", Cost::query), Limit::concurrent_queries);
  }
  EXPECT_FALSE(ask("a", Cost::query));
}

TEST_F(TenantLimiterTest, NamesTheLimitThatKeepsOneOutForLongest) {
  limit(rates(1, {}, 10, {}));
  EXPECT_FALSE(ask("a", Cost::write, 100));
  EXPECT_EQ(refused_by("a", Cost::write), Limit::points);
}

TEST_F(TenantLimiterTest, ShowsTheLimitThatIsNearestToItsEnd) {
  limit(rates(10, 5, 1000, {}));
  auto admitted = limiter_->admit("a", Cost::write);
  auto& ticket = std::get<Ticket>(admitted);
  EXPECT_EQ(ticket.quota().limit, Limit::write_requests);
  EXPECT_EQ(ticket.quota().remaining, 9u);
  ticket.settle(500);
  const Quota quota = ticket.quota();
  EXPECT_EQ(quota.limit, Limit::points);
  EXPECT_EQ(quota.allowed, 1000u);
  EXPECT_EQ(quota.remaining, 500u);
  EXPECT_EQ(quota.full_after, seconds(1));
  EXPECT_EQ(quota.retry_after, seconds(0));
  const auto query = limiter_->admit("a", Cost::query);
  EXPECT_EQ(std::get<Ticket>(query).quota().limit, Limit::query_requests);
  EXPECT_EQ(Ticket().quota().limit, Limit::none);
}

TEST_F(TenantLimiterTest, GivesNamedTenantsTheirOwnLimits) {
  limit(rates(1, 1, {}, {}), {{"big", rates(3, {}, {}, {})}, {"small", rates(1, 1, {}, {})}});
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(ask("big", Cost::write));
  EXPECT_TRUE(ask("big", Cost::write));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(ask("big", Cost::query));
  EXPECT_FALSE(ask("bigger", Cost::write));
  EXPECT_TRUE(ask("bigger", Cost::write));
}

TEST_F(TenantLimiterTest, KnowsNobodyWhenThereAreNoLimits) {
  limit({});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(ask(std::to_string(i), Cost::write, 1'000'000));
  EXPECT_EQ(limiter_->known(), 0u);
}

TEST_F(TenantLimiterTest, KeepsWhatWasUsedWhenLimitsChange) {
  limit(rates(10, {}, {}, 1));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(ask("a", Cost::write));
  auto running = std::optional(limiter_->admit("a", Cost::query));
  apply(rates(20, {}, {}, 1));
  EXPECT_TRUE(ask("a", Cost::write)) << "a reload is no new second";
  EXPECT_EQ(refused_by("a", Cost::query), Limit::concurrent_queries);
  apply(rates(20, {}, {}, 1), {{"a", rates(20, {}, {}, 2)}});
  EXPECT_FALSE(ask("a", Cost::query));
  now_ += milliseconds(50);
  EXPECT_FALSE(ask("a", Cost::write));
  EXPECT_TRUE(ask("a", Cost::write));
  apply({});
  EXPECT_FALSE(ask("a", Cost::write));
  running.reset();
  apply(rates({}, {}, {}, 1));
  EXPECT_FALSE(ask("a", Cost::query));
}

TEST_F(TenantLimiterTest, ForgetsTenantsThatAreIdle) {
  limit(rates(10, 10, 10, 10));
  for (int i = 0; i < 1'000'000; ++i) {
    ASSERT_FALSE(ask(std::to_string(i), Cost::write, 1)) << i;
    now_ += std::chrono::microseconds(100);
  }
  // Ten thousand come within a second, and after that each is full again.
  EXPECT_LT(limiter_->known(), 40'000u);
}

TEST_F(TenantLimiterTest, NeverForgetsWhatSomebodyOwes) {
  limit(rates(1000, {}, 10, {}));
  EXPECT_FALSE(ask("debtor", Cost::write, 1'000'000));
  const auto query = limiter_->admit("asking", Cost::query);
  for (int i = 0; i < 100'000; ++i) {
    ask(std::to_string(i), Cost::write, 1);
    now_ += milliseconds(1);
  }
  EXPECT_EQ(refused_by("debtor", Cost::write), Limit::points);
}

TEST_F(TenantLimiterTest, HasOneSetOfBucketsForAllThatDoNotFit) {
  constexpr std::size_t kMost = 4 * TenantLimiter::kShards;
  limit(rates({}, 5, {}, {}), {}, kMost);
  std::size_t let_in = 0;
  for (int i = 0; i < 100'000; ++i) let_in += ask("t" + std::to_string(i), Cost::query) ? 0u : 1u;
  EXPECT_LE(limiter_->known(), kMost);
  EXPECT_LE(let_in, kMost + 5 * TenantLimiter::kShards) << "the others share what one tenant may do, in each shard";
  EXPECT_GE(let_in, kMost);
  now_ += seconds(1);
  EXPECT_FALSE(ask("late", Cost::query)) << "the idle ones have made room";
  EXPECT_LE(limiter_->known(), kMost);
}

TEST_F(TenantLimiterTest, GivesEachPlaceToOneThreadAtATime) {
  TenantLimiter limiter({rates({}, {}, {}, 3), {}});
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 2000; ++round) {
        auto admitted = limiter.admit(i % 2 == 0 ? "even" : "odd", Cost::query);
        if (std::holds_alternative<Quota>(admitted)) continue;
        const int now = ++inside;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
        ++done;
        if (round % 100 == 0) limiter.apply(std::make_shared<const TenantRates>(TenantRates{rates({}, {}, {}, 3), {}}));
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 6);
  EXPECT_GT(done, 0);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::holds_alternative<Ticket>(limiter.admit("even", Cost::query)));
}

TEST_F(TenantLimiterTest, CountsEachRequestOfManyThreadsOnce) {
  limit(rates(1000, {}, 1000, {}));
  std::atomic<int> let_in{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        auto admitted = limiter_->admit("a", Cost::write);
        auto* const ticket = std::get_if<Ticket>(&admitted);
        if (ticket == nullptr) continue;
        ticket->settle(0);
        EXPECT_LE(ticket->quota().remaining, 1000u);
        ++let_in;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(let_in, 1000);
}

}  // namespace
}  // namespace luminate::server::limits
