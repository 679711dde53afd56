#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "faults.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// The server says no, while it is there: what is tried again, what the caller is told, and that nothing stays behind.
namespace luminate {
namespace {

using namespace std::chrono_literals;
using test::Lines;
using test::PostgresSchema;
using test::Psql;
using test::put;
using test::SqlFaults;

class Refusal : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    Options options = test::test_options();
    options.writes.max_wait = 3s;
    options.queries.default_timeout = 3s;
    store_ = Store::open(schema_->url(), options);
    put(*store_, {{"first", 0, 1, {}}});
  }
  void TearDown() override { store_.reset(); }

  Lines samples(const std::string& metric) const {
    return test::lines(store_->query(Query::range(metric).between(test::kStart, test::kNow)));
  }
  /// Of this store alone: other tests may be about.
  static std::string backends(const std::string& condition, const std::string& what = "count(*)") {
    return "SELECT " + what + " FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%test_%' AND " +
           condition;
  }
  /// Until a statement of this store waits for a lock, at most ten seconds.
  void wait_for_waiting() const {
    Psql observer(*schema_);
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (observer.value(backends("wait_event_type = 'Lock' AND " + mine())) == "0") {
      ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "no statement waits for the lock";
    }
  }
  std::string mine() const { return "query LIKE '%" + schema_->name() + "%'"; }

  std::optional<PostgresSchema> schema_;
  std::optional<Store> store_;
};

TEST_F(Refusal, TriesDeadlocksAndFailedSerializationsAgain) {
  SqlFaults faults(*schema_);
  for (const std::string state : {"40001", "40P01"}) {
    for (const std::string table : {"series", "sample"}) {
      faults.fail(table, state, 3);
      put(*store_, {{"m", 0, 1, {{"k", state + table}}}});
      EXPECT_GT(faults.met(), 3) << state << " for " << table;
    }
    faults.fail_commit("series", state, 3);
    put(*store_, {{"m", 0, 1, {{"k", state + "commit"}}}});
    EXPECT_GT(faults.met(), 3) << state;
  }
  EXPECT_EQ(samples("m").size(), 6u);
}

TEST_F(Refusal, GivesUpInTimeWhenItIsNeverLetThrough) {
  SqlFaults faults(*schema_);
  faults.fail("sample", "40001", 1'000'000);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(test::error_of([&] { put(*store_, {{"m", 0, 1, {}}}); }), "STORAGE_UNAVAILABLE");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  EXPECT_GT(faults.met(), 3);
  EXPECT_LT(faults.met(), 10'000) << "without a pause";
}

TEST_F(Refusal, IsUnavailabilityThatLeavesNothingBehind) {
  SqlFaults faults(*schema_);
  int number = 0;
  // Disk full, out of memory, too many connections, out of locks, I/O error, read-only.
  for (const std::string state : {"53100", "53200", "53300", "53000", "58030", "25006"}) {
    for (const std::string table : {"series", "sample"}) {
      SCOPED_TRACE(state + " for " + table);
      const std::string metric = "m" + std::to_string(number++);
      faults.fail(table, state, 1'000'000);
      try {
        put(*store_, {{"first", number, 1, {}}, {metric, 0, 1, {}}});
        ADD_FAILURE() << "it was written";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::storage_unavailable) << error.what();
        EXPECT_FALSE(error.in_doubt()) << error.what();
      }
      EXPECT_EQ(samples(metric), Lines{});
      EXPECT_EQ(store_->series_count(), 1u);
      EXPECT_EQ(store_->metrics(), Lines{"first"});
    }
  }
  faults.fail_commit("series", "53100", 1'000'000);
  try {
    put(*store_, {{"m", 0, 1, {}}});
    ADD_FAILURE() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::storage_unavailable) << error.what();
    EXPECT_FALSE(error.in_doubt()) << error.what();
  }
  EXPECT_EQ(samples("first").size(), 1u);
  faults.fail("sample", "53100", 0);
  put(*store_, {{"m", 0, 1, {}}});
  EXPECT_EQ(samples("m").size(), 1u);
}

// Two writers that lock the same rows in another order than each other: nobody but the server can see it.
TEST_F(Refusal, SurvivesARealDeadlock) {
  put(*store_, {{"a", 0, 1, {}}, {"b", 0, 1, {}}});
  Psql stranger(*schema_);
  // The store finds the deadlock, not the stranger.
  stranger.rows("SET deadlock_timeout = '60s'");
  stranger.rows("BEGIN");
  stranger.rows("SELECT FROM metric WHERE name = 'b' FOR UPDATE");
  std::jthread writer([&] { put(*store_, {{"a", 1, 1, {{"k", "v"}}}, {"b", 1, 1, {{"k", "v"}}}}); });
  wait_for_waiting();
  stranger.rows("SELECT FROM metric WHERE name = 'a' FOR UPDATE");
  stranger.rows("COMMIT");
  writer.join();
  EXPECT_EQ(samples("a").size(), 2u);
  EXPECT_EQ(samples("b").size(), 2u);
}

TEST_F(Refusal, OfConnectionsThatAdministratorsEndIsNotNoticed) {
  Psql administrator(*schema_);
  for (int i = 0; i < 10; ++i) {
    administrator.rows(backends(mine(), "pg_terminate_backend(pid)"));
    switch (i % 3) {
      case 0:
        put(*store_, {{"m", i, 1, {}}});
        break;
      case 1:
        EXPECT_EQ(samples("first").size(), 1u);
        break;
      default:
        EXPECT_EQ(store_->metrics().size(), 2u);
    }
  }
  EXPECT_EQ(samples("m").size(), 4u);
}

TEST_F(Refusal, EndsAQueryWithItsTimeAndFreesTheServer) {
  Psql stranger(*schema_);
  stranger.rows("BEGIN");
  stranger.rows("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE");
  Query query = Query::aggregate("first", {{Aggregation::Kind::avg}}).between(test::kStart, test::kNow);
  query.timeout = 300ms;
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(test::error_of([&] { (void)store_->query(query); }), "QUERY_TIMEOUT");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1'300ms);

  query.timeout = 3s;
  std::stop_source stop;
  Psql observer(*schema_);
  std::jthread canceller([&] {
    wait_for_waiting();
    begin = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  EXPECT_EQ(test::error_of([&] { (void)store_->query(query, stop.get_token()); }), "CANCELLED");
  canceller.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  // Nothing of either waits for the lock any more.
  const auto give_up = std::chrono::steady_clock::now() + 1s;
  std::string waiting;
  do {
    waiting = observer.value(backends("wait_event_type = 'Lock' AND " + mine()));
  } while (waiting != "0" && std::chrono::steady_clock::now() < give_up);
  EXPECT_EQ(waiting, "0");
  stranger.rows("COMMIT");
  EXPECT_EQ(samples("first").size(), 1u);
}

TEST_F(Refusal, EndsAWriteWithItsTime) {
  Psql stranger(*schema_);
  stranger.rows("BEGIN");
  stranger.rows("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(test::error_of([&] { put(*store_, {{"first", 1, 1, {}}}); }), "STORAGE_UNAVAILABLE");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
  stranger.rows("COMMIT");
  put(*store_, {{"first", 2, 1, {}}});
  EXPECT_EQ(samples("first").size(), 2u);
}

}  // namespace
}  // namespace luminate
