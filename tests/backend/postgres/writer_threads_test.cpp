#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"

namespace luminate {
namespace {

using test::kStart;
using test::PostgresSchema;
using test::Psql;

class PostgresWriters : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
  }
  void TearDown() override { stores_.clear(); }

  void open(const Options& options = test::test_options()) {
    for (int i = 0; i < 2; ++i) stores_.push_back(Store::open(schema_->url(), options));
  }
  std::string value(const std::string& sql) const { return Psql(*schema_).value(sql); }

  /// Runs `work(thread, store)` on threads of which every other one uses the other store.
  template <class Work>
  void in_threads(int count, const Work& work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        Store store = stores_[static_cast<std::size_t>(i) % 2];
        work(i, store);
      });
    }
  }

  std::optional<PostgresSchema> schema_;
  std::vector<Store> stores_;
};

TEST_F(PostgresWriters, MakeTheSameSeriesAndMetricsOnce) {
  open();
  in_threads(6, [](int thread, Store& store) {
    for (int i = 0; i < 10; ++i) {
      Batch batch;
      for (int k = 0; k < 30; ++k) {
        // In another order each: whoever locked in the order of naming would meet the others head on.
        const int series = (k * 7 + thread * 5) % 30;
        batch.add({"m" + std::to_string((series + i) % 7), kStart + i, 1, {{"id", std::to_string(series)}}});
      }
      EXPECT_EQ(store.write(batch).rejected, 0U);
    }
  });
  EXPECT_EQ(value("SELECT count(*) FROM metric"), "7");
  EXPECT_EQ(value("SELECT count(*) FROM (SELECT DISTINCT metric_id, canonical FROM series) s"),
            value("SELECT count(*) FROM series"));
  EXPECT_EQ(value("SELECT sum(series) FROM metric"), value("SELECT count(*) FROM series"));
  EXPECT_EQ(value("SELECT count(*) FROM points"), "300");
}

TEST_F(PostgresWriters, StoreEveryPointOfManySmallWrites) {
  Options options = test::test_options();
  options.postgres.pool_size = 3;
  open(options);
  std::atomic<int> accepted = 0;
  in_threads(16, [&](int thread, Store& store) {
    Store own = thread % 3 == 0 ? store.tenant("t" + std::to_string(thread)) : store;
    for (int i = 0; i < 20; ++i) {
      Batch batch;
      batch.add({"m", kStart + i, 1.0 * thread, {{"id", std::to_string(thread)}}});
      batch.add({"m", kStart + i, 2.0 * thread, {{"id", "shared"}}});
      accepted += static_cast<int>(own.write(batch).accepted);
    }
  });
  EXPECT_EQ(accepted, 640);
  EXPECT_EQ(value("SELECT count(*) FROM points WHERE dimensions->>'id' <> 'shared'"), "320");
  EXPECT_EQ(value("SELECT count(*) FROM points WHERE dimensions->>'id' = 'shared'"), "140");  // Of 7 tenants.
}

TEST_F(PostgresWriters, GoOnWhileSeriesAreDeleted) {
  open();
  std::atomic<int> writing = 4;
  std::jthread deleter([&] {
    while (writing > 0) stores_[1].remove({.metric = "m", .filters = {{"id", Filter::Kind::any_of, {"shared"}}}});
  });
  in_threads(4, [&](int thread, Store& store) {
    for (int i = 0; i < 25; ++i) {
      const std::string time = std::to_string(kStart + i);
      const std::string json = R"({"metrics":[{"name":"m","timestamp":)" + time + R"(,"value":1,"dimensions":{"id":")" +
                               std::to_string(thread) + R"("}},{"name":"m","timestamp":)" + time +
                               R"(,"value":1,"dimensions":{"id":"shared"}}]})";
      EXPECT_EQ(store.write_json(json).accepted, 2U);
    }
    --writing;
  });
  deleter.join();
  EXPECT_EQ(value("SELECT count(*) FROM points WHERE dimensions->>'id' <> 'shared'"), "100");
  EXPECT_EQ(value("SELECT count(*) FROM sample s WHERE NOT EXISTS (SELECT FROM series r WHERE r.id = s.series_id)"),
            "0");
  EXPECT_EQ(value("SELECT sum(series) FROM metric"), value("SELECT count(*) FROM series"));
}

TEST_F(PostgresWriters, ReplaceEachOthersRowsInAnyOrder) {
  open();
  in_threads(4, [](int thread, Store& store) {
    for (int i = 0; i < 4; ++i) {
      Batch batch;
      for (int k = 0; k < 1'500; ++k) {
        const int series = thread % 2 == 0 ? k : 1'499 - k;
        batch.add({"m", kStart + i, 1.0 * thread, {{"id", std::to_string(series)}}});
      }
      EXPECT_EQ(store.write(batch).rejected, 0U);
    }
  });
  EXPECT_EQ(value("SELECT count(*) FROM points"), "6000");
  EXPECT_EQ(value("SELECT count(*) FROM series"), "1500");
}

}  // namespace
}  // namespace luminate
