#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// The thread that looks after the tables.
namespace luminate::postgres {
namespace {

using test::Psql;
using test::put;

class Background : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    options_.points.max_age = std::chrono::hours(24 * 365);
    options_.retention.cleanup_interval = std::chrono::milliseconds(20);
    options_.logger = [this](LogLevel level, std::string_view text) {
      const std::lock_guard lock(mutex_);
      if (level >= LogLevel::info) log_.emplace_back(text);
    };
    store_.emplace(Store::open(schema_->url(), options_));
    put(*store_, {{"m", 0, 1, {}}});
    psql_.emplace(*schema_);
  }

  std::size_t said(const std::string& part) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const std::string& line : log_) count += line.find(part) != std::string::npos ? 1u : 0u;
    return count;
  }
  void await_waiting(const std::string& table) {
    Psql other(*schema_);
    while (other.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table + "'::regclass") ==
           "0") {
    }
  }

  Options options_ = test::test_options();
  std::optional<test::PostgresSchema> schema_;
  std::mutex mutex_;
  std::vector<std::string> log_;  ///< Guarded by mutex_.
  std::optional<Store> store_;
  std::optional<Psql> psql_;
};

TEST_F(Background, SaysOnceThatItFailsAndOnceThatItWorksAgain) {
  psql_->rows("CREATE SEQUENCE attempts");
  psql_->rows(R"(CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval(TG_TABLE_SCHEMA || '.attempts'); RAISE EXCEPTION 'not today'; END $$)");
  psql_->rows("CREATE TRIGGER refuse BEFORE UPDATE ON maintenance EXECUTE FUNCTION refuse()");
  while (psql_->value("SELECT last_value >= 4 FROM attempts") != "t") std::this_thread::yield();
  psql_->rows("DROP TRIGGER refuse ON maintenance");
  while (said("succeeds again") == 0) std::this_thread::yield();
  EXPECT_EQ(said("not today"), 1u);
  EXPECT_EQ(said("succeeds again"), 1u);
}

TEST_F(Background, NeverKeepsAStoreFromClosing) {
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE maintenance IN ACCESS EXCLUSIVE MODE");
  await_waiting("maintenance");
  store_->close();  // For ever, if it waited for the lock.
  psql_->rows("ROLLBACK");
}

TEST_F(Background, LeavesTheNextTurnToWhoeverComesFirst) {
  while (psql_->value("SELECT due > '-infinity' FROM maintenance WHERE task = 'retention'") != "t") {
    std::this_thread::yield();
  }
  store_->close();
  // Somebody else's turn lasts.
  psql_->rows("UPDATE maintenance SET due = now() + interval '1 hour'");
  const std::string due = psql_->value("SELECT due FROM maintenance");
  options_.retention.default_retention = std::chrono::milliseconds(1);
  Store other = Store::open(schema_->url(), options_);
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE maintenance IN ACCESS EXCLUSIVE MODE");
  await_waiting("maintenance");
  psql_->rows("COMMIT");
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE maintenance IN ACCESS EXCLUSIVE MODE");
  await_waiting("maintenance");  // So it has looked, and did nothing.
  psql_->rows("COMMIT");
  EXPECT_EQ(psql_->value("SELECT due FROM maintenance"), due);
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample"), "1");
}

}  // namespace
}  // namespace luminate::postgres
