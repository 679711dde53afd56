#include "postgres/querying.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "postgres/database.hpp"
#include "postgres/scanner.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using test::kStart;

constexpr int kSamples = 25'000;  // More than two pieces.

class SampleCursorTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    store_ = Store::open(schema_->url(), test::test_options());
    for (int from = 0; from < kSamples; from += 5'000) {
      Batch batch;
      for (int i = from; i < from + 5'000; ++i)
        batch.add({"m", kStart + i / 10, 1.0 * i, {{"h", std::to_string(i % 10)}}});
      ASSERT_EQ(store_->write(batch).accepted, 5'000u);
    }
    // A single connection: what is not given back is missed.
    options_ = test::test_options();
    options_.postgres.pool_size = 1;
    database_.emplace(parse_url(schema_->url(), options_), options_);
    QueryLimits limits;
    limits.max_result_points = 1'000'000;
    plan_ = query::make_plan(Query::range("m").between(kStart, kStart + 60'000), "", limits, test::kNow);
  }
  void TearDown() override {
    database_.reset();
    store_.reset();
    schema_.reset();
  }

  /// All samples as they were written: in the order of time, then of dimensions. @returns how many.
  std::size_t drain(backend::RangeCursor& cursor) {
    std::size_t count = 0;
    while (const auto piece = cursor.next()) {
      EXPECT_FALSE(piece->value_column.empty());
      for (std::size_t i = 0; i < piece->value_column.size(); ++i, ++count) {
        EXPECT_EQ(piece->value_column[i], static_cast<double>(count));
        EXPECT_EQ(piece->timestamp_column[i], kStart + static_cast<std::int64_t>(count) / 10);
        EXPECT_EQ(piece->series[piece->series_column[i]], (Dimensions{{"h", std::to_string(count % 10)}}));
      }
    }
    return count;
  }

  const model::Call call_ = within(std::chrono::seconds(60));
  Options options_;
  std::optional<test::PostgresSchema> schema_;
  std::optional<Store> store_;
  std::optional<Database> database_;
  query::Plan plan_;
};

TEST_F(SampleCursorTest, GivesAllSamplesInOrderPieceByPiece) {
  const auto cursor = range(*database_, plan_, call_);
  EXPECT_EQ(drain(*cursor), static_cast<std::size_t>(kSamples));
  EXPECT_FALSE(cursor->truncated());
  EXPECT_EQ(cursor->points_scanned(), static_cast<std::uint64_t>(kSamples));
  EXPECT_FALSE(cursor->next());
}

TEST_F(SampleCursorTest, EndsAtTheLimitAndCountsWhatThereWas) {
  for (const int limit : {1, 9'999, 10'000, 10'001, 20'000, kSamples - 1}) {
    plan_.limit = static_cast<std::size_t>(limit);
    const auto cursor = range(*database_, plan_, call_);
    EXPECT_EQ(drain(*cursor), *plan_.limit);
    EXPECT_TRUE(cursor->truncated()) << limit;
    EXPECT_EQ(cursor->points_scanned(), static_cast<std::uint64_t>(kSamples));
  }
  plan_.limit = kSamples;
  const auto cursor = range(*database_, plan_, call_);
  EXPECT_EQ(drain(*cursor), static_cast<std::size_t>(kSamples));
  EXPECT_FALSE(cursor->truncated());
}

TEST_F(SampleCursorTest, KeepsItsSnapshotWhateverIsWrittenMeanwhile) {
  const auto cursor = range(*database_, plan_, call_);
  ASSERT_TRUE(cursor->next());
  Batch batch;
  for (int i = 0; i < 1'000; ++i) batch.add({"m", kStart + 2'000 + i, -1, {{"h", "new"}}});
  store_->write(batch);
  store_->remove({.metric = "m", .time_range = TimeRange{kStart + 2'400, kStart + 3'000}});
  std::size_t count = 10'000;
  while (const auto piece = cursor->next()) {
    for (const double value : piece->value_column) EXPECT_EQ(value, static_cast<double>(count++));
  }
  EXPECT_EQ(count, static_cast<std::size_t>(kSamples));
}

TEST_F(SampleCursorTest, GivesItsConnectionBackWhenItIsLeftEarly) {
  for (int i = 0; i < 3; ++i) {
    const auto cursor = range(*database_, plan_, call_);
    ASSERT_TRUE(cursor->next());
  }
  EXPECT_EQ(drain(*range(*database_, plan_, call_)), static_cast<std::size_t>(kSamples));
}

TEST_F(SampleCursorTest, StopsWhenTheCallerDoes) {
  std::stop_source stop;
  model::Call call = call_;
  call.stop = stop.get_token();
  const auto cursor = range(*database_, plan_, call);
  ASSERT_TRUE(cursor->next());
  stop.request_stop();
  EXPECT_EQ(test::error_of([&] { (void)cursor->next(); }), "CANCELLED");
}

TEST_F(SampleCursorTest, ScansSeriesBySeries) {
  std::map<std::string, std::vector<double>> values;
  std::map<std::string, std::int64_t> latest;
  scan(
      *database_, {.tenant = "", .metric = "m", .time_range = plan_.time_range, .matchers = {}},
      [&](const SeriesSamples& samples) {
        const std::string& host = samples.dimensions.at("h");
        for (std::size_t i = 0; i < samples.values.size(); ++i) {
          values[host].push_back(samples.values[i]);
          EXPECT_GT(samples.timestamps[i], latest[host]);
          latest[host] = samples.timestamps[i];
        }
      },
      call_);
  ASSERT_EQ(values.size(), 10u);
  for (const auto& [host, list] : values) {
    ASSERT_EQ(list.size(), static_cast<std::size_t>(kSamples) / 10);
    for (std::size_t i = 0; i < list.size(); ++i) EXPECT_EQ(list[i], static_cast<double>(i) * 10 + std::stod(host));
  }
}

TEST_F(SampleCursorTest, EndsAScanWithWhatTheVisitorThrows) {
  struct Enough {};
  const auto visit = [](const SeriesSamples&) { throw Enough{}; };
  EXPECT_THROW(
      scan(*database_, {.tenant = "", .metric = "m", .time_range = plan_.time_range, .matchers = {}}, visit, call_),
      Enough);
  EXPECT_EQ(drain(*range(*database_, plan_, call_)), static_cast<std::size_t>(kSamples));
}

}  // namespace
}  // namespace luminate::postgres
