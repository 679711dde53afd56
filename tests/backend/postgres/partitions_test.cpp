#include "postgres/partitions.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "postgres/url.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using test::kNow;
using test::Psql;
using Lines = std::vector<std::string>;

constexpr std::int64_t kToday = day_of(kNow);

class PartitionsTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    database_.emplace(parse_url(schema_->url(), options_), options_);
    if (database_->abilities({}).hypertable) GTEST_SKIP() << "TimescaleDB makes the chunks of its hypertables itself";
    psql_.emplace(*schema_);
  }
  void TearDown() override {
    psql_.reset();
    database_.reset();
  }

  /// Of another server.
  std::unique_ptr<Database> another() {
    return std::make_unique<Database>(parse_url(schema_->url(), options_), options_);
  }

  static std::vector<std::int64_t> times(const std::vector<std::int64_t>& days) {
    std::vector<std::int64_t> times;
    for (const std::int64_t day : days) times.push_back(day * kDayMs);
    return times;
  }
  std::size_t count() {
    return std::stoul(psql_->value("SELECT count(*) - 1 FROM pg_inherits WHERE inhparent = 'sample'::regclass"));
  }
  std::string table_of(std::int64_t series) {
    return psql_->value("SELECT split_part(tableoid::regclass::text, '.', -1) FROM sample WHERE series_id = " +
                        std::to_string(series));
  }
  void insert(Psql& psql, std::int64_t series, std::int64_t time_ms) {
    psql.rows("INSERT INTO sample VALUES (" + std::to_string(series) + ", to_timestamp(" + std::to_string(time_ms) +
              " / 1000.0), 1)");
  }

  /// Until somebody waits for a lock on the table.
  void await_waiting(const std::string& table) {
    Psql other(*schema_);
    while (other.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table + "'::regclass") ==
           "0") {
    }
  }

  const Options options_ = test::test_options();
  std::optional<test::PostgresSchema> schema_;
  std::optional<Database> database_;
  std::optional<Psql> psql_;
};

TEST(PartitionNames, AreOfDaysInUtc) {
  EXPECT_EQ(partition_name(0), "sample_19700101");
  EXPECT_EQ(partition_name(day_of(kNow)), "sample_20231115");
  EXPECT_EQ(partition_name(day_of(kNow - 1)), "sample_20231114");
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(-kDayMs), -1);
  EXPECT_EQ(day_of(-kDayMs - 1), -2);
}

TEST_F(PartitionsTest, AreThereBeforeSamplesOfTheirDayCome) {
  Partitions partitions(*database_);
  partitions.ensure(times({kToday, kToday - 3, kToday}), {});
  EXPECT_EQ(count(), 2u);
  insert(*psql_, 1, kNow);
  insert(*psql_, 2, kNow - 1);
  insert(*psql_, 3, kNow - 3 * kDayMs);
  EXPECT_EQ(table_of(1), partition_name(kToday));
  EXPECT_EQ(table_of(2), "sample_default");
  EXPECT_EQ(table_of(3), partition_name(kToday - 3));
}

TEST_F(PartitionsTest, AreMadeAhead) {
  Partitions partitions(*database_);
  partitions.make_ahead({});
  insert(*psql_, 1, kNow + 3 * kDayMs - 1);
  EXPECT_EQ(table_of(1), partition_name(kToday + 2));
  EXPECT_EQ(count(), 3u);
}

TEST_F(PartitionsTest, AreNotMadeForTimesThatMustBeMistakes) {
  Partitions partitions(*database_);
  partitions.ensure(std::vector<std::int64_t>{-1, kNow + 367 * kDayMs, kNow - 9'000 * kDayMs, INT64_MAX, INT64_MIN},
                    {});
  EXPECT_EQ(count(), 0u);
  partitions.ensure(times({kToday + 366}), {});
  EXPECT_EQ(count(), 1u);
}

TEST_F(PartitionsTest, HaveALimitWhichTodayMayPass) {
  Partitions partitions(*database_, {.most = 2, .kept = 2});
  partitions.ensure(times({kToday - 100, kToday - 101, kToday - 102}), {});
  EXPECT_EQ(count(), 2u);
  partitions.ensure(times({kToday - 31}), {});
  EXPECT_EQ(count(), 2u);
  partitions.ensure(times({kToday - 30}), {});
  EXPECT_EQ(count(), 3u);
  partitions.ensure(times({kToday, kToday + 1}), {});
  EXPECT_EQ(count(), 4u);
}

TEST_F(PartitionsTest, AreMadeOnceByManyThreadsAndServers) {
  std::vector<std::unique_ptr<Database>> databases;
  std::vector<std::unique_ptr<Partitions>> servers;
  for (int i = 0; i < 3; ++i) {
    databases.push_back(another());
    servers.push_back(std::make_unique<Partitions>(*databases.back()));
  }
  std::atomic<int> errors = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 9; ++i) {
      threads.emplace_back([&, i] {
        try {
          for (int day = 0; day < 5; ++day)
            servers[static_cast<std::size_t>(i) % 3]->ensure(times({kToday - day, kToday - day - 1}), {});
        } catch (const std::exception&) {
          ++errors;
        }
      });
    }
  }
  EXPECT_EQ(errors, 0);
  EXPECT_EQ(count(), 6u);
}

TEST_F(PartitionsTest, GetTheirSamplesFromTheDefaultPartition) {
  for (int i = 0; i < 10; ++i) insert(*psql_, i, kNow + i);
  insert(*psql_, 10, kNow - 2 * kDayMs);
  insert(*psql_, 11, kNow - 20'000 * kDayMs);
  Partitions partitions(*database_);
  // Not at once: that would keep a write waiting.
  partitions.ensure(times({kToday, kToday + 1}), {});
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(table_of(3), "sample_default");
  EXPECT_EQ(partitions.fill({}), 2u);
  EXPECT_EQ(table_of(3), partition_name(kToday));
  EXPECT_EQ(table_of(10), partition_name(kToday - 2));
  EXPECT_EQ(table_of(11), "sample_default");
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample"), "12");
  EXPECT_EQ(psql_->rows("SELECT conname FROM pg_constraint WHERE conrelid = '" + partition_name(kToday) +
                        "'::regclass AND contype = 'c'"),
            Lines{});
  EXPECT_EQ(partitions.fill({}), 0u);
}

TEST_F(PartitionsTest, AreWhereASnapshotOfBeforeLooks) {
  for (int i = 0; i < 5; ++i) insert(*psql_, i, kNow + i);
  Partitions partitions(*database_);
  Transaction reader = database_->begin(Access::read, {});
  reader.run("SELECT count(*) FROM {schema}.metric");  // The snapshot is there, and no sample was looked at.
  EXPECT_THROW(partitions.fill({}), SqlError);
  const Rows seen = reader.run("SELECT count(*) FROM {schema}.sample WHERE ts >= $1 AND ts < $2",
                               Parameters().add_time(kNow).add_time(kNow + kDayMs));
  EXPECT_EQ(seen.integer(0, 0), 5);
  reader.commit();
  EXPECT_EQ(partitions.fill({}), 1u);
}

TEST_F(PartitionsTest, AreWhereASnapshotLooksThatHadToWait) {
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE ONLY sample IN ACCESS EXCLUSIVE MODE");
  std::int64_t seen = 0;
  std::jthread reader([&] {
    const auto own = another();
    own->transact(Access::read, Repeat::always, {}, [&](Transaction& transaction) {
      seen = transaction.run("SELECT count(*) FROM {schema}.sample").integer(0, 0);
    });
  });
  await_waiting("sample");
  insert(*psql_, 1, kNow);
  psql_->rows("COMMIT");
  reader.join();
  EXPECT_EQ(seen, 1);
}

TEST_F(PartitionsTest, LoseNothingThatIsWrittenWhileTheyAreMadeAndFilled) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 40;
  std::atomic<bool> failed = false;
  std::atomic<int> running = kWriters;
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      try {
        const auto own = another();
        for (int round = 0; round < kRounds; ++round) {
          // Each into a day of its own, which has no partition when the first comes.
          const std::int64_t time = kNow - (round / 4) * kDayMs + round * kWriters + writer;
          own->transact(Access::write, Repeat::always, {}, [&](Transaction& transaction) {
            transaction.run("INSERT INTO {schema}.sample VALUES ($1, $2, 1)",
                            Parameters().add(std::int64_t{writer}).add_time(time));
          });
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
        failed = true;
      }
      --running;
    });
  }
  Partitions partitions(*database_);
  while (running > 0) {
    try {
      for (int day = 0; day < kRounds / 4; ++day) partitions.ensure(times({kToday - day}), {});
      partitions.fill({});
    } catch (const SqlError& error) {
      EXPECT_EQ(error.code(), ErrorCode::storage_unavailable) << error.what();
    }
  }
  threads.clear();
  partitions.fill({});
  EXPECT_FALSE(failed);
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample"), std::to_string(kWriters * kRounds));
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample_default"), "0");
}

TEST_F(PartitionsTest, AreFilledWhileOthersGoOnWritingToTheDefault) {
  std::atomic<int> written = 0;
  std::jthread writer([&](const std::stop_token& stop) {
    try {
      const auto own = another();
      while (!stop.stop_requested()) {
        own->transact(Access::write, Repeat::always, {}, [&](Transaction& transaction) {
          transaction.run("INSERT INTO {schema}.sample VALUES (1, $1, 1)", Parameters().add_time(kNow + written));
        });
        ++written;
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  });
  while (written < 20) std::this_thread::yield();
  Partitions partitions(*database_);
  EXPECT_EQ(partitions.fill({}), 1u);
  const int before = written;
  while (written < before + 20) std::this_thread::yield();
  writer.request_stop();
  writer.join();
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample"), std::to_string(written));
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample_default"), "0");
}

TEST_F(PartitionsTest, LetAWriterWhoWantedTheDefaultTryAgain) {
  // It has chosen the default partition, and waits for it, when the right one is attached.
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE sample_default IN ACCESS EXCLUSIVE MODE");
  int attempts = 0;
  std::jthread writer([&] {
    const auto own = another();
    own->transact(Access::write, Repeat::always, {}, [&](Transaction& transaction) {
      ++attempts;
      transaction.run("INSERT INTO {schema}.sample VALUES (7, $1, 1)", Parameters().add_time(kNow));
    });
  });
  await_waiting("sample_default");
  psql_->rows("CREATE TABLE " + partition_name(kToday) + " (LIKE sample INCLUDING ALL)");
  psql_->rows("ALTER TABLE sample ATTACH PARTITION " + partition_name(kToday) +
              " FOR VALUES FROM ('2023-11-15 00:00+00') TO ('2023-11-16 00:00+00')");
  psql_->rows("COMMIT");
  writer.join();
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(table_of(7), partition_name(kToday));
}

TEST_F(PartitionsTest, ArePrunedWhereTheViewIsAskedForARangeOfTime) {
  Partitions partitions(*database_);
  partitions.ensure(times({kToday - 2, kToday - 1, kToday}), {});
  std::string plan;
  for (const std::string& line : psql_->rows("EXPLAIN SELECT * FROM points WHERE name = 'm' AND ts >= '2023-11-14 "
                                             "10:00+00' AND ts < '2023-11-14 11:00+00'")) {
    plan += line + "\n";
  }
  EXPECT_NE(plan.find(partition_name(kToday - 1)), std::string::npos) << plan;
  EXPECT_EQ(plan.find(partition_name(kToday - 2)), std::string::npos) << plan;
  EXPECT_EQ(plan.find("sample_default"), std::string::npos) << plan;
}

TEST_F(PartitionsTest, CostNothingOnceTheyAreKnown) {
  Partitions partitions(*database_);
  partitions.ensure(times({kToday, kToday + 400}), {});
  psql_->rows("BEGIN");
  psql_->rows("LOCK TABLE pg_inherits IN ACCESS EXCLUSIVE MODE");  // Whoever asks again would wait.
  partitions.ensure(times({kToday, kToday + 400}), {std::chrono::steady_clock::now() + std::chrono::seconds(1), {}});
  psql_->rows("ROLLBACK");
}

}  // namespace
}  // namespace luminate::postgres
