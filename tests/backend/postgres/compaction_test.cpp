#include "postgres/compaction.hpp"

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <optional>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// compact() and statistics() by the tables that they are about.
namespace luminate::postgres {
namespace {

using test::kNow;
using test::Psql;
using test::put;
using Lines = std::vector<std::string>;

constexpr std::int64_t kDay = 86'400'000;

class TableCompaction : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    options_.points.max_age = std::chrono::hours(24 * 365);
    store_.emplace(Store::open(schema_->url(), options_));
    put(*store_, {{"m", 0, 1, {{"h", "a"}}}, {"m", -kDay, 2, {{"h", "b"}}}, {"m", -9 * kDay, 3, {{"h", "a"}}}});
    psql_.emplace(*schema_);
  }
  bool hypertable() { return psql_->value("SELECT relkind FROM pg_class WHERE oid = 'sample'::regclass") == "r"; }
  bool community() { return psql_->value("SELECT current_setting('timescaledb.license', true)") == "timescale"; }

  Options options_ = test::test_options();
  std::optional<test::PostgresSchema> schema_;
  std::optional<Store> store_;
  std::optional<Psql> psql_;
};

TEST_F(TableCompaction, GivesSamplesOfTheDefaultPartitionTheirOwn) {
  if (hypertable()) GTEST_SKIP() << "TimescaleDB has no default partition";
  psql_->rows("INSERT INTO sample SELECT series_id, ts - interval '100 days', value FROM sample");
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample_default"), "3");
  EXPECT_EQ(store_->compact().merges, 3u);
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample_default"), "0");
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample"), "6");
  EXPECT_EQ(store_->compact().merges, 0u);
}

TEST_F(TableCompaction, CompressesAllChunksWhereTheEditionCan) {
  if (!hypertable() || !community()) GTEST_SKIP() << "no TimescaleDB Community Edition";
  EXPECT_EQ(store_->statistics().waiting_segments, 3u);
  EXPECT_EQ(store_->compact().merges, 3u);
  EXPECT_EQ(store_->statistics().waiting_segments, 0u);
  // What is compressed is replaced, deleted and dropped like everything else.
  put(*store_, {{"m", 0, 10, {{"h", "a"}}}, {"m", 1, 11, {{"h", "c"}}}});
  EXPECT_EQ(psql_->rows("SELECT value FROM sample ORDER BY ts, series_id"), (Lines{"3", "2", "10", "11"}));
  store_->compact();
  EXPECT_EQ(psql_->rows("SELECT value FROM sample ORDER BY ts, series_id"), (Lines{"3", "2", "10", "11"}));
  EXPECT_EQ(store_->remove({.metric = "m", .filters = {{"h", Filter::Kind::any_of, {"b", "c"}}}}), 2u);
  EXPECT_EQ(store_->series_count("m"), 1u);
  store_->set_retention({"m", std::chrono::hours(24)});
  EXPECT_EQ(store_->enforce_retention().samples, 1u);
  EXPECT_EQ(psql_->rows("SELECT value FROM sample"), Lines{"10"});
}

TEST_F(TableCompaction, DeletesMoreThanTimescaleWouldUnpackByItself) {
  Batch batch;
  for (int host = 0; host < 120; ++host) {
    for (int i = 0; i < 60; ++i) batch.add({"n", kNow - i * 1'000, 1.0, {{"h", std::to_string(host)}}});
  }
  EXPECT_EQ(store_->write(batch).accepted, 7'200u);
  // As many rows a series as one compressed batch holds.
  psql_->rows(
      "INSERT INTO sample SELECT s.series_id, s.ts - g * interval '61 seconds', s.value FROM sample s,"
      " generate_series(1, 16) g WHERE series_id IN (SELECT id FROM series WHERE dimensions->>'h' ~ '^[0-9]')");
  store_->compact();
  EXPECT_EQ(store_->remove({.metric = "n", .time_range = {kNow - 2'000, kNow + 1}}), 3 * 120u);
  EXPECT_EQ(store_->remove({.metric = "n"}), 120 * 60 * 17 - 3 * 120u);
  EXPECT_EQ(store_->metrics(), Lines{"m"});
}

TEST_F(TableCompaction, IsCounted) {
  const StoreStatistics statistics = store_->statistics();
  EXPECT_EQ(statistics.samples, 3u);
  EXPECT_EQ(statistics.series, 2u);
  EXPECT_EQ(statistics.metrics, 1u);
  EXPECT_EQ(statistics.segments, hypertable() ? 3u : 4u);
  EXPECT_GT(statistics.file_bytes, 3 * 8'192u);
}

}  // namespace
}  // namespace luminate::postgres
