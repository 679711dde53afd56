#include "postgres/transaction.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "postgres/database.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TransactionTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    database_.emplace(settings_of(schema_->url()), options_);
    psql_.emplace(schema_->server());
  }
  void TearDown() override {
    psql_.reset();
    database_.reset();
    schema_.reset();
  }

  Transaction begin(Access access = Access::write) { return database_->begin(access, within(seconds(30))); }
  void make_table() {
    Transaction transaction = begin();
    transaction.run("CREATE TABLE {schema}.t (n bigint PRIMARY KEY, m bigint)");
    transaction.commit();
  }
  /// What others see of it.
  std::string rows() {
    return psql_->value("SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM " + schema_->name() + ".t");
  }
  /// A statement that fails with that SQLSTATE.
  static std::string failing(const std::string& state) {
    return "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '" + state + "'; END $$";
  }

  template <class Work>
  static std::optional<Error> error_of(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }

  Options options_;
  std::optional<test::PostgresSchema> schema_;
  std::optional<Database> database_;
  std::optional<test::Psql> psql_;
};

TEST_F(TransactionTest, IsRolledBackUnlessItIsCommitted) {
  make_table();
  { begin().run("INSERT INTO {schema}.t VALUES (1)"); }
  {
    Transaction transaction = begin();
    transaction.run("INSERT INTO {schema}.t VALUES (2)");
    EXPECT_EQ(rows(), "");
    transaction.commit();
    transaction.commit();
    EXPECT_EQ(rows(), "2");
    EXPECT_EQ(error_of([&] { transaction.run("SELECT 1"); })->code(), ErrorCode::internal);
  }
  {
    Transaction transaction = begin();
    EXPECT_EQ(transaction
                  .commit_after({{.sql = "INSERT INTO {schema}.t VALUES ($1)",
                                  .parameters = Parameters().add(std::int64_t{3})}})[0]
                  .affected(),
              1U);
  }
  begin().commit();  // Nothing was run.
  EXPECT_EQ(rows(), "2 3");
}

TEST_F(TransactionTest, RunsAndCopiesInItsSchema) {
  make_table();
  Transaction transaction = begin();
  bool once = true;
  EXPECT_EQ(transaction.copy_in("COPY {schema}.t FROM STDIN",
                                [&](std::string& piece) {
                                  if (std::exchange(once, false)) piece = "1\t1\n2\t2\n";
                                }),
            2U);
  EXPECT_EQ(transaction.run("SELECT count(*), '{schema}' FROM {schema}.t").integer(0, 0), 2);
  transaction.commit();
  EXPECT_EQ(rows(), "1 2");
}

TEST_F(TransactionTest, CannotBeCommittedOnceAStatementFailed) {
  make_table();
  Transaction transaction = begin();
  transaction.run("INSERT INTO {schema}.t VALUES (1)");
  EXPECT_EQ(error_of([&] { transaction.run("SELECT 1 / 0"); })->code(), ErrorCode::internal);
  EXPECT_FALSE(error_of([&] { transaction.commit(); })->in_doubt());
  EXPECT_EQ(rows(), "");
}

TEST_F(TransactionTest, ReadsOneSnapshotAndWritesNothing) {
  make_table();
  Transaction transaction = begin(Access::read);
  EXPECT_EQ(transaction.run("SELECT count(*) FROM {schema}.t").integer(0, 0), 0);
  psql_->rows("INSERT INTO " + schema_->name() + ".t VALUES (1)");
  EXPECT_EQ(transaction.run("SELECT count(*) FROM {schema}.t").integer(0, 0), 0);
  EXPECT_EQ(error_of([&] { transaction.run("INSERT INTO {schema}.t VALUES (2)"); })->code(),
            ErrorCode::storage_unavailable);
}

TEST_F(TransactionTest, WritesNothingInAStoreThatOnlyReads) {
  make_table();
  options_.read_only = true;
  Database reader(parse_url(schema_->url(), options_), options_);
  EXPECT_EQ(error_of([&] {
              reader.begin(Access::write, within(seconds(20))).run("INSERT INTO {schema}.t VALUES (2)");
            })->code(),
            ErrorCode::storage_unavailable);
}

TEST_F(TransactionTest, LeavesNothingBehindInItsSession) {
  options_.postgres.pool_size = 1;
  Database one(parse_url(schema_->url(), options_), options_);
  const auto timeout = [&](const model::Call& call) {
    return std::string(one.begin(Access::read, call).run("SELECT current_setting('statement_timeout')").text(0, 0));
  };
  EXPECT_NE(timeout(within(seconds(5))), "0");
  EXPECT_EQ(timeout({}), "0");
  const auto lease = one.pool().take(within(seconds(20)));
  for (const char* sql :
       {"SELECT count(*) FROM pg_prepared_statements", "SELECT count(*) FROM pg_cursors WHERE name <> ''",
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"}) {
    EXPECT_EQ(lease->run({.sql = sql}, within(seconds(20))).integer(0, 0), 0) << sql;
  }
}

TEST_F(TransactionTest, TheServerEndsItsWorkAtTheDeadlineByItself) {
  const auto before = Clock::now();
  const auto error =
      error_of([&] { (void)database_->begin(Access::read, within(milliseconds(200))).run("SELECT pg_sleep(60)"); });
  EXPECT_EQ(error->code(), ErrorCode::query_timeout);
  EXPECT_LT(Clock::now() - before, milliseconds(1200));
}

TEST_F(TransactionTest, MakesTheSchemaOnceHoweverManyBegin) {
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Transaction transaction = begin(Access::read);
      good += transaction.run("SELECT count(*) FROM {schema}.metric").integer(0, 0) == 0 ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 8);
  EXPECT_GE(database_->abilities(within(seconds(20))).server_version, 130000);
}

using Transact = TransactionTest;

TEST_F(Transact, ReturnsWhatTheWorkReturns) {
  make_table();
  EXPECT_EQ(
      database_->transact(Access::read, Repeat::always, within(seconds(20)),
                          [](Transaction& transaction) { return transaction.run("SELECT 7::bigint").integer(0, 0); }),
      7);
  database_->transact(Access::write, Repeat::always, within(seconds(20)),
                      [](Transaction& transaction) { transaction.run("INSERT INTO {schema}.t VALUES (1)"); });
  EXPECT_EQ(rows(), "1");
}

TEST_F(Transact, LetsTheWorkTakeTheTransactionAlong) {
  Transaction kept =
      database_->transact(Access::read, Repeat::always, within(seconds(20)), [](Transaction& transaction) {
        transaction.run("DECLARE c CURSOR FOR SELECT generate_series(1, 3)");
        return std::move(transaction);
      });
  EXPECT_EQ(kept.run("FETCH 2 FROM c").size(), 2U);
  EXPECT_EQ(kept.run("FETCH 2 FROM c").size(), 1U);
}

TEST_F(Transact, TriesAgainWhatTheServerGaveUpForOthersSake) {
  make_table();
  for (const char* state : {"40001", "40P01"}) {
    int attempts = 0;
    database_->transact(Access::write, Repeat::unless_in_doubt, within(seconds(20)), [&](Transaction& transaction) {
      transaction.run("INSERT INTO {schema}.t VALUES ((SELECT count(*) FROM {schema}.t))");
      if (++attempts < 4) transaction.run(failing(state));
    });
    EXPECT_EQ(attempts, 4);
  }
  EXPECT_EQ(rows(), "0 1");
}

TEST_F(Transact, SolvesDeadlocks) {
  make_table();
  psql_->rows("INSERT INTO " + schema_->name() + ".t VALUES (1, 0), (2, 0)");
  std::barrier both(2);
  const auto add = [&](int first, int second) {
    bool waited = false;
    database_->transact(Access::write, Repeat::always, within(seconds(30)), [&](Transaction& transaction) {
      const auto lock = [&](int row) {
        transaction.run("UPDATE {schema}.t SET m = m + 1 WHERE n = $1", Parameters().add(std::int64_t{row}));
      };
      transaction.run("SET LOCAL deadlock_timeout = '20ms'");
      lock(first);
      if (!std::exchange(waited, true)) both.arrive_and_wait();
      lock(second);
    });
  };
  std::jthread other([&] { add(2, 1); });
  add(1, 2);
  other.join();
  EXPECT_EQ(psql_->value("SELECT string_agg(m::text, ' ') FROM " + schema_->name() + ".t"), "2 2");
}

TEST_F(Transact, TriesAgainOnAnotherConnectionWhenOneBreaks) {
  make_table();
  int attempts = 0;
  database_->transact(Access::write, Repeat::unless_in_doubt, within(seconds(20)), [&](Transaction& transaction) {
    transaction.run("INSERT INTO {schema}.t VALUES (1)");
    if (++attempts < 3) transaction.run("SELECT pg_terminate_backend(pg_backend_pid())");
  });
  EXPECT_EQ(attempts, 3);
  EXPECT_EQ(rows(), "1");
}

TEST_F(Transact, ThrowsAtOnceWhatAnotherAttemptDoesNotMend) {
  for (const char* state : {"53100", "25006", "42501", "23505"}) {
    int attempts = 0;
    const auto error = error_of([&] {
      database_->transact(Access::write, Repeat::always, within(seconds(20)), [&](Transaction& transaction) {
        ++attempts;
        transaction.run(failing(state));
      });
    });
    EXPECT_EQ(attempts, 1);
    ASSERT_TRUE(error);
    EXPECT_FALSE(error->in_doubt());
  }
}

TEST_F(Transact, KeepsTheStateOfWhatItThrows) {
  try {
    database_->transact(Access::write, Repeat::always, within(seconds(20)),
                        [&](Transaction& transaction) { transaction.run(failing("23505")); });
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.state(), kUniqueViolation);
  }
}

TEST_F(Transact, EndsAWriteThatWaitsForALockAsUnavailable) {
  make_table();
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE " + schema_->name() + ".t");
  const auto before = Clock::now();
  const auto error = error_of([&] {
    database_->transact(Access::write, Repeat::always, within(milliseconds(200)),
                        [](Transaction& transaction) { transaction.run("INSERT INTO {schema}.t VALUES (1)"); });
  });
  EXPECT_LT(Clock::now() - before, milliseconds(1200));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::storage_unavailable);
  EXPECT_FALSE(error->in_doubt());
  psql_->rows("ROLLBACK");
}

/// A table whose transactions lose their connection while they commit, as often as asked for.
class CommitInDoubt : public TransactionTest {
 protected:
  void SetUp() override {
    TransactionTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make_table();
    const std::string& schema = schema_->name();
    psql_->rows("CREATE SEQUENCE " + schema + ".losses");
    psql_->rows("CREATE FUNCTION " + schema + ".lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('" +
                schema +
                ".losses') <= new.m THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$");
    psql_->rows("CREATE CONSTRAINT TRIGGER lose AFTER INSERT ON " + schema +
                ".t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION " + schema + ".lose()");
  }

  std::optional<Error> insert(std::int64_t losses, Repeat repeat, bool at_once, milliseconds time = seconds(20)) {
    return error_of([&] {
      database_->transact(Access::write, repeat, within(time), [&](Transaction& transaction) {
        const char* sql = "INSERT INTO {schema}.t VALUES (1, $1)";
        if (at_once) {
          transaction.commit_after({{.sql = sql, .parameters = Parameters().add(losses)}});
        } else {
          transaction.run(sql, Parameters().add(losses));
        }
      });
    });
  }
};

TEST_F(CommitInDoubt, IsDoneAgainWhereThatDoesNoHarm) {
  EXPECT_FALSE(insert(2, Repeat::always, false));
  EXPECT_EQ(rows(), "1");
}

TEST_F(CommitInDoubt, IsToldWhereItMayNotBeDoneAgain) {
  for (const bool at_once : {false, true}) {
    const auto error = insert(1000, Repeat::unless_in_doubt, at_once);
    ASSERT_TRUE(error);
    EXPECT_TRUE(error->in_doubt());
    EXPECT_EQ(error->code(), ErrorCode::storage_unavailable);
  }
  EXPECT_EQ(rows(), "");
}

TEST_F(CommitInDoubt, IsToldWhenTheTimeIsUp) {
  const auto error = insert(1'000'000, Repeat::always, true, milliseconds(300));
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->in_doubt());
  EXPECT_EQ(error->code(), ErrorCode::storage_unavailable);
}

TEST_F(TransactionTest, IsSyncedUnlessDurabilityIsNormal) {
  const auto commits = [](const std::string& url, Durability durability) {
    Settings settings = settings_of(url);
    settings.durability = durability;
    ConnectionPool pool(settings);
    Transaction transaction(pool, Access::write, within(seconds(30)));
    return std::string(transaction.run("SELECT current_setting('synchronous_commit')").text(0, 0));
  };
  const auto told = [&](const std::string& setting) {
    return test::with_parameter(schema_->url(), "options=-c%20synchronous_commit%3D" + setting);
  };
  EXPECT_EQ(commits(told("on"), Durability::full), "on");
  EXPECT_EQ(commits(told("remote_apply"), Durability::full), "remote_apply");
  EXPECT_EQ(commits(told("off"), Durability::full), "on");
  EXPECT_EQ(commits(told("on"), Durability::normal), "off");
}

}  // namespace
}  // namespace luminate::postgres
