#include "postgres/remover.hpp"

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// What becomes of series and metrics when samples are deleted while others write.
namespace luminate::postgres {
namespace {

using test::kNow;
using test::Psql;
using test::put;
using Lines = std::vector<std::string>;

class Removal : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    options_.points.max_age = std::chrono::hours(24 * 365);
    store_.emplace(another());
    psql_.emplace(*schema_);
  }
  Store another() { return Store::open(schema_->url(), options_); }

  /// Whatever was done: metric.series is how many there are, none is without samples, none has samples and is gone.
  void expect_order() {
    EXPECT_EQ(psql_->rows("SELECT m.name, m.series, count(r.id) FROM metric m LEFT JOIN series r ON r.metric_id = m.id"
                          " GROUP BY m.id HAVING m.series <> count(r.id) OR m.series = 0"),
              Lines{});
    EXPECT_EQ(psql_->value("SELECT count(*) FROM series r WHERE NOT EXISTS"
                           " (SELECT FROM sample s WHERE s.series_id = r.id)"),
              "0");
    EXPECT_EQ(psql_->value("SELECT count(*) FROM sample s WHERE NOT EXISTS"
                           " (SELECT FROM series r WHERE s.series_id = r.id)"),
              "0");
  }

  Options options_ = test::test_options();
  std::optional<test::PostgresSchema> schema_;
  std::optional<Store> store_;
  std::optional<Psql> psql_;
};

TEST_F(Removal, ForgetsWhatHasNoSamplesInAnyPartition) {
  const std::int64_t day = 86'400'000;
  put(*store_, {{"m", 0, 1, {{"h", "a"}}}, {"m", -40 * day, 1, {{"h", "a"}}}, {"m", -40 * day, 2, {{"h", "b"}}}});
  const std::string generation = psql_->value("SELECT value FROM generation");
  EXPECT_EQ(store_->remove({.metric = "m", .time_range = {kNow - 50 * day, kNow - 10 * day}}), 2u);
  EXPECT_EQ(psql_->rows("SELECT dimensions->>'h' FROM series"), Lines{"a"});
  EXPECT_EQ(psql_->value("SELECT series FROM metric"), "1");
  EXPECT_NE(psql_->value("SELECT value FROM generation"), generation);
  EXPECT_EQ(store_->remove({.metric = "m"}), 1u);
  EXPECT_EQ(psql_->value("SELECT count(*) FROM metric"), "0");
  expect_order();
}

TEST_F(Removal, KeepsTheGenerationWhenNoSeriesGoes) {
  put(*store_, {{"m", 0, 1, {}}, {"m", 1, 1, {}}});
  const std::string generation = psql_->value("SELECT value FROM generation");
  EXPECT_EQ(store_->remove({.metric = "m", .time_range = {test::kStart, test::kStart + 1}}), 1u);
  EXPECT_EQ(psql_->value("SELECT value FROM generation"), generation);
}

TEST_F(Removal, KeepsTheCatalogInOrderWhileOthersWriteTheSameSeries) {
  constexpr int kWriters = 3;
  constexpr int kRounds = 60;
  std::atomic<int> running = kWriters;
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      try {
        Store own = another();
        for (int round = 0; round < kRounds; ++round) {
          Batch batch;
          for (int host = 0; host < 10; ++host) {
            batch.add({"m" + std::to_string(host % 2),
                       kNow - round * 1'000 - writer,
                       1.0,
                       {{"h", std::to_string((host + round) % 15)}}});
          }
          EXPECT_EQ(own.write(batch).rejected, 0u);
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      --running;
    });
  }
  std::uint64_t removed = 0;
  for (int turn = 0; running > 0; ++turn) {
    const std::string metric = "m" + std::to_string(turn % 2);
    const std::string host = std::to_string(turn % 15);
    try {
      removed += turn % 7 == 0 ? store_->remove({.metric = metric})
                               : store_->remove({.metric = metric, .filters = {{"h", Filter::Kind::any_of, {host}}}});
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  threads.clear();
  EXPECT_GT(removed, 0u);
  // A sample that was written twice is not: each writer has times of its own.
  const auto left = std::stoull(psql_->value("SELECT count(*) FROM sample"));
  EXPECT_EQ(removed + left, static_cast<std::uint64_t>(kWriters) * kRounds * 10);
  expect_order();
}

TEST_F(Removal, LeavesNoSeriesBehindWhenTwoDeleteAPartOfItEach) {
  for (int round = 0; round < 20; ++round) {
    put(*store_, {{"m", 0, 1, {{"h", "a"}}}, {"m", 1'000, 2, {{"h", "a"}}}, {"m", 0, 3, {{"h", "b"}}}});
    std::vector<std::jthread> threads;
    for (const std::int64_t from : {0, 1'000}) {
      threads.emplace_back([&, from] {
        const TimeRange range{test::kStart + from, test::kStart + from + 1'000};
        store_->remove({.metric = "m", .time_range = range, .filters = {{"h", Filter::Kind::any_of, {"a"}}}});
      });
    }
    threads.clear();
    EXPECT_EQ(psql_->value("SELECT count(*) FROM series"), "1");
  }
  expect_order();
}

}  // namespace
}  // namespace luminate::postgres
