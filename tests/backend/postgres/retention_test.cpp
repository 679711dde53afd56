#include "postgres/retention.hpp"

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "postgres/url.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// Retention where partitions go as a whole. What it has to leave and to drop stands in the conformance suite.
namespace luminate::postgres {
namespace {

using std::chrono::hours;
using test::kNow;
using test::Psql;
using test::put;
using Lines = std::vector<std::string>;

constexpr std::int64_t kDay = 86'400'000;

class PartitionRetention : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    options_.points.max_age = hours(24 * 365);
    open();
    psql_.emplace(*schema_);
  }
  void open() { store_.emplace(Store::open(schema_->url(), options_)); }
  bool hypertable() { return psql_->value("SELECT relkind FROM pg_class WHERE oid = 'sample'::regclass") == "r"; }
  /// "sample_20231114", or chunks' bounds in a hypertable.
  Lines days() {
    return psql_->rows(hypertable()
                           ? "SELECT 'sample_' || to_char(range_start AT TIME ZONE 'UTC', 'YYYYMMDD')"
                             " FROM timescaledb_information.chunks"
                             " WHERE hypertable_schema = current_schema() ORDER BY 1"
                           : "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid"
                             " WHERE inhparent = 'sample'::regclass AND relname <> 'sample_default' ORDER BY 1");
  }
  std::string count() { return psql_->value("SELECT count(*) FROM sample"); }

  Options options_ = test::test_options();
  std::optional<test::PostgresSchema> schema_;
  std::optional<Store> store_;
  std::optional<Psql> psql_;
};

TEST_F(PartitionRetention, DropsDaysOfWhichNothingIsKept) {
  for (const std::int64_t age : {30, 20, 10}) {
    put(*store_, {{"m", -age * kDay, 1, {{"h", "a"}}}, {"n", -age * kDay, 1, {{"h", std::to_string(age)}}}});
  }
  store_->set_retention({"m", hours(24 * 9)});
  store_->set_retention({"n", hours(24 * 15)});
  const RetentionReport report = store_->enforce_retention();
  EXPECT_EQ(report.samples, 5u);
  EXPECT_EQ(report.series, 3u);
  EXPECT_EQ(report.metrics, 1u);
  EXPECT_EQ(days().size(), 1u);
  EXPECT_EQ(
      psql_->rows("SELECT m.name, m.series, r.dimensions->>'h' FROM metric m JOIN series r ON r.metric_id = m.id"),
      Lines{"n|1|10"});
  put(*store_, {{"m", -20 * kDay, 1, {{"h", "a"}}}});
  EXPECT_EQ(count(), "2");
}

TEST_F(PartitionRetention, KeepsADayForOthers) {
  put(*store_, {{"m", -20 * kDay, 1, {}}, {"kept", -20 * kDay, 1, {}}, {"m", 0, 1, {}}});
  Store acme = store_->tenant("acme");
  put(acme, {{"m", -20 * kDay, 1, {}}, {"m", -30 * kDay, 1, {}}});
  store_->set_retention({"m", hours(24)});
  acme.set_retention({"*", hours(24)});
  EXPECT_EQ(store_->enforce_retention().samples, 1u);
  EXPECT_EQ(acme.enforce_retention().samples, 2u);
  EXPECT_EQ(psql_->rows("SELECT m.name, count(*) FROM points m GROUP BY 1 ORDER BY 1"), (Lines{"kept|1", "m|1"}));
  EXPECT_TRUE(acme.tenants().empty());
}

TEST_F(PartitionRetention, CleansTheDefaultPartitionToo) {
  if (hypertable()) GTEST_SKIP() << "TimescaleDB has no default partition";
  options_.points.max_age = hours(24 * 36'500);
  options_.retention.default_retention = hours(24);
  open();
  put(*store_, {{"m", -18'000 * kDay, 1, {}}, {"m", 0, 2, {}}});
  EXPECT_EQ(psql_->value("SELECT count(*) FROM sample_default"), "1");
  EXPECT_EQ(store_->enforce_retention().samples, 1u);
  EXPECT_EQ(count(), "1");
}

TEST_F(PartitionRetention, DeletesStepByStepWhatOthersHoldAsAWhole) {
  put(*store_, {{"m", -20 * kDay, 1, {{"h", "a"}}}, {"m", 0, 2, {{"h", "b"}}}});
  store_->set_retention({"*", hours(24)});
  // A backup that reads everything, say.
  psql_->rows("BEGIN");
  EXPECT_EQ(count(), "2");
  Psql other(*schema_);
  EXPECT_EQ(store_->enforce_retention().samples, 1u);
  EXPECT_EQ(other.value("SELECT count(*) FROM sample"), "1");
  EXPECT_EQ(other.value("SELECT count(*) FROM series"), "1");
  psql_->rows("ROLLBACK");
}

TEST_F(PartitionRetention, NeverDropsWhatANewMetricKeeps) {
  std::atomic<bool> done = false;
  std::atomic<int> written = 0;
  store_->set_retention({"keep_*", std::chrono::milliseconds(0)});
  store_->set_retention({"*", hours(24)});
  std::jthread writer([&] {
    try {
      Store own = Store::open(schema_->url(), options_);
      for (int i = 0; i < 60; ++i) {
        put(own, {{"keep_" + std::to_string(i), -20 * kDay, 1, {}}, {"m", -20 * kDay + i, 1, {}}});
        ++written;
      }
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    done = true;
  });
  std::uint64_t removed = 0;
  while (!done) {
    store_->enforce_retention();
    // Now and then there is nothing that anybody keeps.
    const std::string name = "keep_" + std::to_string(written / 2);
    removed += store_->remove({.metric = name});
  }
  writer.join();
  for (int i = 0; i < 60; ++i) removed += store_->remove({.metric = "keep_" + std::to_string(i)});
  EXPECT_EQ(removed, 60u);
  store_->enforce_retention();
  EXPECT_EQ(count(), "0");
  EXPECT_EQ(psql_->value("SELECT count(*) FROM series"), "0");
  EXPECT_EQ(psql_->value("SELECT count(*) FROM metric"), "0");
}

TEST_F(PartitionRetention, HappensByItselfForAllTenants) {
  put(*store_, {{"m", -20 * kDay, 1, {}}, {"m", 0, 2, {}}});
  Store acme = store_->tenant("acme");
  put(acme, {{"m", -20 * kDay, 1, {}}, {"m", 0, 2, {}}});
  acme.set_retention({"*", hours(24)});
  store_->set_retention({"*", hours(48)});
  options_.retention.cleanup_interval = std::chrono::milliseconds(20);
  const Store other = Store::open(schema_->url(), options_);
  while (count() != "2") std::this_thread::yield();
  EXPECT_EQ(psql_->value("SELECT count(*) FROM points WHERE ts < now() - interval '100 years'"), "0");
}

}  // namespace
}  // namespace luminate::postgres
