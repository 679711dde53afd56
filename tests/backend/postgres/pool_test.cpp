#include "postgres/connection_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ConnectionPoolTest : public testing::Test {
 protected:
  void SetUp() override { LUMINATE_NEEDS_POSTGRES(); }

  static std::int64_t pid(const ConnectionPool::Lease& lease) {
    return lease->run({.sql = "SELECT pg_backend_pid()"}, within(seconds(20))).integer(0, 0);
  }
  static void end(const std::vector<std::int64_t>& pids) {
    test::Psql psql(test::postgres_server());
    for (const auto one : pids) psql.rows("SELECT pg_terminate_backend(" + std::to_string(one) + ", 5000)");
  }
};

TEST_F(ConnectionPoolTest, KeepsConnectionsAndMakesNoMoreThanAllowed) {
  ConnectionPool pool(settings_of(test::postgres_server(), 2));
  std::set<std::int64_t> seen;
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 50; ++turn) {
        const auto lease = pool.take(within(seconds(60)));
        const auto one = pid(lease);
        const std::lock_guard lock(mutex);
        seen.insert(one);
      }
    });
  }
  threads.clear();
  EXPECT_LE(seen.size(), 2U);
}

TEST_F(ConnectionPoolTest, SaysWhenAllAreInUse) {
  ConnectionPool pool(settings_of(test::postgres_server(), 1));
  std::optional<ConnectionPool::Lease> lease(pool.take(within(seconds(20))));
  try {
    (void)pool.take(within(milliseconds(50)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::storage_unavailable);
    EXPECT_STREQ(
        error.what(),
        "all 1 connections to PostgreSQL were in use all the time; raise postgres.pool_size or ask for less at once");
  }
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  try {
    (void)pool.take(within(seconds(60), source.get_token()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
  }
  pool.ping(within(seconds(20)));  // That is no matter of the pool's.
  const auto first = pid(*lease);
  lease.reset();
  EXPECT_EQ(pid(pool.take(within(seconds(20)))), first);
}

TEST_F(ConnectionPoolTest, ClosesAConnectionThatIsLeftInATransaction) {
  ConnectionPool pool(settings_of(test::postgres_server(), 1));
  std::int64_t first = 0;
  {
    const auto lease = pool.take(within(seconds(20)));
    first = pid(lease);
    lease->run({.sql = "BEGIN"}, within(seconds(20)));
  }
  EXPECT_NE(pid(pool.take(within(seconds(20)))), first);
}

TEST_F(ConnectionPoolTest, GivesNobodyAConnectionThatTheServerHasEnded) {
  ConnectionPool pool(settings_of(test::postgres_server(), 4));
  std::vector<std::int64_t> pids;
  {
    std::vector<ConnectionPool::Lease> leases;
    for (int i = 0; i < 4; ++i) pids.push_back(pid(leases.emplace_back(pool.take(within(seconds(20))))));
  }
  end(pids);
  pool.ping(within(seconds(20)));
  for (int i = 0; i < 4; ++i) EXPECT_GT(pid(pool.take(within(seconds(20)))), 0);
}

TEST(ConnectionPoolAlone, LetsOneCallerAtATimeTryWhileTheServerIsAway) {
  const FalseServer server(FalseServer::Manner::closes);
  ConnectionPool pool(settings_of(server.url(), 32));
  const auto refused = [&] {
    try {
      (void)pool.take(within(seconds(60)));
      return false;
    } catch (const SqlError& error) {
      return error.connection_lost();
    }
  };
  EXPECT_TRUE(refused());
  EXPECT_EQ(server.visitors(), 1);
  // From now on there is a back-off, which grows, and what one finds out goes for all.
  constexpr int kTurns = 5;
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < kTurns; ++turn) failures += refused() ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 16 * kTurns);
  EXPECT_LE(server.visitors(), 1 + 4 * kTurns);
}

TEST(ConnectionPoolAlone, WaitsNoLongerForABackOffThanTheCallLasts) {
  const FalseServer server(FalseServer::Manner::closes);
  ConnectionPool pool(settings_of(server.url()));
  for (int i = 0; i < 6; ++i) EXPECT_THROW((void)pool.take(within(seconds(60))), SqlError);
  const auto before = Clock::now();
  EXPECT_THROW((void)pool.take(within(milliseconds(20))), Error);
  EXPECT_LT(Clock::now() - before, milliseconds(1020));
}

}  // namespace
}  // namespace luminate::postgres
