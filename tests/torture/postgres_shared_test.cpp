#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_server.hpp"
#include "torture/scale.hpp"

// Two stores on one database, as two servers have them, that know nothing of each other.
namespace luminate {
namespace {

using test::kStart;
using test::Lines;
using test::PostgresSchema;
using test::Psql;
using test::put;

class PostgresShared : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
  }
  void TearDown() override { stores_.clear(); }

  void open(const Options& options) {
    for (int i = 0; i < 2; ++i) stores_.push_back(Store::open(schema_->url(), options));
  }
  static Lines sums(const Store& store, const std::string& metric) {
    return test::lines(
        store.query(Query::aggregate(metric, {{Aggregation::Kind::sum}}).between(kStart, test::kNow + 86'400'000)));
  }
  std::string count(const std::string& what) { return Psql(*schema_).value("SELECT count(*) FROM " + what); }

  /// Whatever happened, the tables agree with one another.
  void check_tables() {
    EXPECT_EQ(count("sample s WHERE NOT EXISTS (SELECT FROM series r WHERE r.id = s.series_id)"), "0");
    EXPECT_EQ(count("series r WHERE NOT EXISTS (SELECT FROM sample s WHERE s.series_id = r.id)"), "0");
    EXPECT_EQ(count("metric m WHERE NOT EXISTS (SELECT FROM series r WHERE r.metric_id = m.id)"), "0");
    EXPECT_EQ(count("(SELECT FROM series GROUP BY metric_id, canonical HAVING count(*) > 1) d"), "0");
    EXPECT_EQ(count("metric m WHERE series <> (SELECT count(*) FROM series r WHERE r.metric_id = m.id)"), "0");
  }

  std::optional<PostgresSchema> schema_;
  std::vector<Store> stores_;
};

TEST_F(PostgresShared, ReadsAtOnceWhatTheOtherOneWrote) {
  open(test::test_options());
  double sum = 0;
  for (int i = 0; i < 60; ++i) {
    Store& writer = stores_[static_cast<std::size_t>(i) % 2];
    Store& reader = stores_[static_cast<std::size_t>(i + 1) % 2];
    put(writer, {{"m", i, 1.0 * i, {{"k", "v" + std::to_string(i / 4)}}}});
    sum += i;
    ASSERT_EQ(sums(reader, "m"), Lines{": " + test::text(sum) + " (" + std::to_string(i % 20 + 1) + ")"});
    ASSERT_EQ(reader.series_count("m"), static_cast<std::uint64_t>(i % 20 / 4 + 1));
    if (i % 20 != 19) continue;
    // What one deletes the other has no more, and its handles do not bring it back.
    ASSERT_EQ(reader.remove({.metric = "m"}), 20u);
    ASSERT_EQ(sums(writer, "m"), Lines{});
    sum = 0;
  }
  EXPECT_EQ(stores_[0].metrics(), Lines{});
}

TEST_F(PostgresShared, TakeEachOthersOverwritingInOrder) {
  open(test::test_options());
  for (int i = 0; i < 40; ++i) {
    put(stores_[static_cast<std::size_t>(i) % 2], {{"m", 0, 1.0 * i, {}}, {"m", i, 0, {}}});
    ASSERT_EQ(sums(stores_[static_cast<std::size_t>(i / 2) % 2], "m"),
              Lines{": " + test::text(i == 0 ? 0.0 : 1.0 * i) + " (" + std::to_string(i + 1) + ")"});
  }
}

// As many as the limit lets in, so that one that is counted twice is one too many.
TEST_F(PostgresShared, MakeTheSameSeriesAtTheSameTime) {
  const auto series_count = static_cast<std::size_t>(std::max(1'000LL, test::repetitions("TORTURE_PG_SERIES", 20'000)));
  constexpr std::size_t kBatch = 1'000;
  Options options = test::test_options();
  options.cardinality.max_series_per_metric = series_count;
  open(options);
  std::atomic<std::size_t> accepted = 0;
  {
    std::vector<std::jthread> writers;
    for (std::size_t writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        Store& store = stores_[writer % 2];
        // The first two go the same way, side by side; the others meet them from behind and at random.
        std::vector<std::size_t> order(series_count);
        for (std::size_t i = 0; i < series_count; ++i) order[i] = writer == 2 ? series_count - 1 - i : i;
        if (writer == 3) std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
        for (std::size_t begin = 0; begin < series_count; begin += kBatch) {
          Batch batch;
          for (std::size_t i = begin; i < std::min(begin + kBatch, series_count); ++i) {
            batch.add({"m",
                       kStart + static_cast<std::int64_t>(writer),
                       1,
                       {{"customer", "c" + std::to_string(order[i])}, {"region", "r" + std::to_string(order[i] % 7)}}});
          }
          EXPECT_EQ(test::message_of([&] {
                      const WriteReport report = store.write(batch);
                      EXPECT_EQ(report.rejected, 0u) << test::text(report).substr(0, 200);
                      accepted += report.accepted;
                    }),
                    "");
        }
      });
    }
  }
  EXPECT_EQ(accepted, 4 * series_count);
  for (Store& store : stores_) {
    EXPECT_EQ(store.series_count("m"), series_count);
    EXPECT_EQ(store.write(test::batch_of({{"m", 0, 1, {{"customer", "one too many"}}}})).rejected, 1u);
  }
  EXPECT_EQ(count("sample"), std::to_string(4 * series_count));
  EXPECT_EQ(count("(SELECT FROM sample GROUP BY series_id HAVING count(*) = 4) s"), std::to_string(series_count));
  check_tables();
}

TEST_F(PostgresShared, LoseNothingAndLeaveNoOrphansWhileOneDeletes) {
  open(test::test_options());
  const auto batches = test::repetitions("TORTURE_PG_DELETIONS", 300);
  constexpr int kSeries = 5;
  std::atomic<int> answered = -1;
  int removed = 0;  // Batches before this one were deleted.
  {
    std::jthread writer([&] {
      for (int number = 0; number < batches; ++number) {
        EXPECT_EQ(test::message_of([&] {
                    put(stores_[0], {{"m", number, 1, {{"k", std::to_string(number % kSeries)}}},
                                     {"n", number, 1, {{"k", std::to_string(number)}}}});
                  }),
                  "");
        answered = number;
      }
    });
    while (answered < batches - 1) {
      const int until = answered + 1;
      if (until <= removed) continue;
      for (const std::string metric : {"m", "n"}) {
        EXPECT_EQ(stores_[1].remove({.metric = metric, .time_range = {kStart, kStart + until}}),
                  static_cast<std::uint64_t>(until - removed));
      }
      removed = until;
    }
  }
  const auto left = static_cast<std::uint64_t>(batches - removed);
  EXPECT_EQ(count("sample"), std::to_string(2 * left));
  EXPECT_EQ(stores_[0].series_count("m"), std::min<std::uint64_t>(left, kSeries));
  EXPECT_EQ(stores_[1].series_count("n"), left);
  check_tables();
  put(stores_[0], {{"m", 0, 1, {{"k", "new"}}}});
  EXPECT_EQ(stores_[1].series_count("m"), std::min<std::uint64_t>(left, kSeries) + 1);
}

}  // namespace
}  // namespace luminate
