#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

using test::Lines;
using test::put;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

class SqliteRetention : public testing::Test {
 protected:
  Options options() {
    Options options = test::timeless_options();
    options.clock = [this] { return now_.load(); };
    options.compaction = false;
    options.queries.max_time_range = std::chrono::hours(24 * 36'500);
    return options;
  }
  std::int64_t rows(const std::string& condition = "1") const {
    return file_.sql("SELECT count(*) FROM segment WHERE " + condition);
  }
  static std::uint64_t count(const Store& store, std::int64_t from, std::int64_t to) {
    const auto result = store.query(Query::aggregate("m", {{Aggregation::Kind::count}}).between(from, to));
    return result.aggregate().rows.empty() ? 0 : result.aggregate().rows[0].count;
  }

  test::SqliteFile file_;
  std::atomic<std::int64_t> now_ = test::kNow;
};

TEST_F(SqliteRetention, DropsWholeSegmentsWithoutLookingAtTheirSamples) {
  Store store = file_.open(options());
  put(store, {{"m", -kDay, 1, {{"h", "old"}}}});
  put(store, {{"m", 0, 1, {{"h", "new"}}}});
  // Of a segment whose bytes are damaged the row still says how old it is.
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1) WHERE id = 1");
  store.set_retention({"*", std::chrono::hours(2)});
  EXPECT_EQ(store.enforce_retention().samples, 1u);
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(test::lines(store.query(Query::range("m").between(test::kStart - 2 * kDay, test::kNow))),
            Lines{"@0 {h=new} 1"});
}

TEST_F(SqliteRetention, LeavesSegmentsAloneThatItCannotRead) {
  Store store = file_.open(options());
  put(store, {{"m", -kDay, 1, {}}, {"m", 0, 1, {}}});
  put(store, {{"n", -kDay, 1, {}}, {"n", 0, 1, {}}});
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1) WHERE id = 1");
  store.set_retention({"*", std::chrono::hours(2)});
  EXPECT_EQ(store.enforce_retention().samples, 1u);
  EXPECT_EQ(store.enforce_retention().samples, 0u);
  EXPECT_EQ(rows("id = 1"), 1);
}

TEST_F(SqliteRetention, ForgetsASeriesWithTheLastSegmentThatHoldsIt) {
  Store store = file_.open(options());
  put(store, {{"m", -3 * kDay, 1, {{"h", "a"}}}, {"m", -3 * kDay, 1, {{"h", "b"}}}});
  put(store, {{"m", -1 * kDay, 1, {{"h", "b"}}}, {"m", -3 * kDay + 1, 1, {{"h", "c"}}}});
  store.compact();
  put(store, {{"m", 0, 1, {{"h", "c"}}}});
  store.set_retention({"*", std::chrono::hours(48)});
  const RetentionReport report = store.enforce_retention();
  EXPECT_EQ(report.samples, 3u);
  EXPECT_EQ(report.series, 1u);
  EXPECT_EQ(store.dimension_values("m", "h"), (Lines{"b", "c"}));
  now_ += 46 * kHour;
  EXPECT_EQ(store.enforce_retention().series, 1u);
  EXPECT_EQ(store.dimension_values("m", "h"), (Lines{"c"}));
  now_ += 2 * kDay;
  EXPECT_EQ(store.enforce_retention().metrics, 1u);
  EXPECT_EQ(store.metrics(), Lines{});
  store.close();
  store = file_.open(options());
  EXPECT_EQ(store.metrics(), Lines{});
  EXPECT_EQ(store.retention().size(), 1u);
}

TEST_F(SqliteRetention, ReadsFilesThatHaveNoPoliciesYet) {
  {
    Store store = file_.open(options());
    put(store, {{"m", 0, 1, {}}});
  }
  file_.sql("DROP TABLE retention; DROP TABLE segment_id");
  EXPECT_TRUE(Store::open(file_.read_only_url(), options()).retention().empty());
  Store store = file_.open(options());
  store.set_retention({"m", std::chrono::hours(1)});
  EXPECT_EQ(store.retention().size(), 1u);
  put(store, {{"m", 1, 1, {}}});
  EXPECT_EQ(count(store, test::kStart, test::kNow), 2u);
}

TEST_F(SqliteRetention, KeepsTheFileFromGrowingWhilePointsComeAndGo) {
  Options bounded = options();
  bounded.compaction = true;
  bounded.retention.default_retention = std::chrono::hours(24);
  Store store = file_.open(bounded);
  std::uintmax_t after_two_days = 0;
  std::uintmax_t largest = 0;
  std::uint64_t number = 0;
  // An hour is a batch; its values do not compress, so that a day is about 600 kB.
  constexpr int kHours = 24 * 12;
  for (int hour = 0; hour < kHours; ++hour) {
    Batch batch;
    for (int h = 0; h < 10; ++h) {
      const auto series = batch.series("m", {{"h", std::to_string(h)}, {"day", std::to_string(hour / 24)}});
      for (int i = 0; i < 360; ++i) {
        batch.add(series, now_ + i * 10'000, static_cast<double>(++number * 0x9E3779B97F4A7C15u) * 1e-19);
      }
    }
    ASSERT_EQ(store.write(batch).rejected, 0u);
    now_ += kHour;
    if (hour % 6 == 5) store.enforce_retention();
    if (hour % 24 == 23) store.compact();
    largest = std::max(largest, std::filesystem::file_size(file_.path()));
    if (hour == 47) after_two_days = largest;
  }
  EXPECT_LT(largest, after_two_days * 3 / 2);
  EXPECT_EQ(count(store, now_ - kDay, now_), 24u * 3'600u) << "samples that are kept are missing";
  EXPECT_EQ(count(store, now_ - 30 * kDay, now_ - kDay), 0u);
  EXPECT_EQ(store.series_count("m"), 10u);
  // All gone: the file gives its space back.
  now_ += 3 * kDay;
  store.enforce_retention();
  store.compact();
  EXPECT_LT(std::filesystem::file_size(file_.path()), 200'000u);
  EXPECT_EQ(store.series_count(), 0u);
}

}  // namespace
}  // namespace luminate
