#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

using test::kNow;
using test::kStart;
using test::Lines;
using test::put;

constexpr std::int64_t kDay = 86'400'000;

/// The background is off: segments are merged when a test says so.
class Compaction : public testing::Test {
 protected:
  static Options options() {
    Options options = test::timeless_options();
    options.compaction = false;
    options.queries.max_time_range = std::chrono::hours(24 * 36'500);
    options.queries.max_result_points = 1'000'000;
    return options;
  }
  void SetUp() override { store_ = file_.open(options()); }
  void reopen() {
    store_->close();
    store_ = file_.open(options());
  }
  static Lines all(const Store& store, const std::string& metric = "m") {
    return test::lines(store.query(Query::range(metric).between(kStart - 400 * kDay, kNow + 400 * kDay)));
  }
  Lines all() const { return all(*store_); }
  std::int64_t rows(const std::string& condition) const {
    return file_.sql("SELECT count(*) FROM segment WHERE " + condition);
  }

  test::SqliteFile file_;
  std::optional<Store> store_;
};

TEST_F(Compaction, MakesOneSegmentOfMany) {
  for (int i = 0; i < 100; ++i) put(*store_, {{"m", i, 1.0 * i, {{"h", std::to_string(i % 7)}}}, {"n", i, 1, {}}});
  const Lines before = all();
  const CompactionReport report = store_->compact();
  EXPECT_EQ(report.segments_before, 200u);
  EXPECT_EQ(report.segments_after, 2u);
  EXPECT_EQ(report.samples_before, 200u);
  EXPECT_EQ(report.samples_after, 200u);
  EXPECT_EQ(report.merges, 2u);
  EXPECT_GT(report.bytes_written, 0u);
  EXPECT_EQ(rows("level = 1"), 2);
  EXPECT_EQ(all(), before);
  EXPECT_EQ(all(*store_, "n").size(), 100u);
  reopen();
  EXPECT_EQ(all(), before);
}

TEST_F(Compaction, HasNothingToDoTheSecondTime) {
  for (int i = 0; i < 30; ++i) put(*store_, {{"m", i * kDay / 10, 1, {}}});
  EXPECT_GT(store_->compact().merges, 0u);
  const CompactionReport again = store_->compact();
  EXPECT_EQ(again.merges, 0u);
  EXPECT_EQ(again.bytes_written, 0u);
  EXPECT_EQ(again.segments_before, again.segments_after);
}

TEST_F(Compaction, KeepsTheLastWriteOfEachSample) {
  put(*store_, {{"m", 0, 1, {{"h", "a"}}}, {"m", 1, 1, {{"h", "a"}}}, {"m", 0, 1, {{"h", "b"}}}});
  put(*store_, {{"m", 0, 2, {{"h", "a"}}}});
  put(*store_, {{"m", 0, 3, {{"h", "a"}}}, {"m", 2, 3, {{"h", "a"}}}});
  const CompactionReport report = store_->compact();
  EXPECT_EQ(report.samples_before, 6u);
  EXPECT_EQ(report.samples_after, 4u);
  EXPECT_EQ(all(), (Lines{"@0 {h=a} 3", "@0 {h=b} 1", "@1 {h=a} 1", "@2 {h=a} 3"}));
  // What is newer than the merged wins over it, merged or not.
  put(*store_, {{"m", 0, 4, {{"h", "a"}}}});
  EXPECT_EQ(all()[0], "@0 {h=a} 4");
  store_->compact();
  EXPECT_EQ(all(), (Lines{"@0 {h=a} 4", "@0 {h=b} 1", "@1 {h=a} 1", "@2 {h=a} 3"}));
}

TEST_F(Compaction, CutsSegmentsAtMidnight) {
  // kNow is midnight. One batch reaches over two days, and late points come for each.
  put(*store_, {{"m", kNow - kStart - 1, 1, {}}, {"m", kNow - kStart, 2, {}}, {"m", kNow - kStart + kDay, 3, {}}});
  put(*store_, {{"m", 5, 4, {}}, {"m", kNow - kStart + kDay - 1, 5, {}}, {"m", kNow - kStart, 6, {}}});
  const Lines before = all();
  store_->compact();
  EXPECT_EQ(all(), before);
  EXPECT_EQ(rows("1"), 3);
  EXPECT_EQ(rows("min_timestamp / 86400000 <> max_timestamp / 86400000"), 0);
  put(*store_, {{"m", 5, 7, {}}});
  store_->compact();
  EXPECT_EQ(rows("1"), 3);
  EXPECT_EQ(all()[0], "@5 {} 7");
}

TEST_F(Compaction, CutsRunsIntoPiecesOfLimitedSize) {
  Options wide = options();
  wide.writes.max_batch_size = 1'000'000;
  store_->close();
  store_ = file_.open(wide);
  Batch batch;
  for (int h = 0; h < 3; ++h) {
    const auto series = batch.series("m", {{"h", std::to_string(h)}});
    for (int i = 0; i < 100'000; ++i) batch.add(series, kNow + i, i % 50);
  }
  store_->write(batch);
  store_->compact();
  EXPECT_EQ(rows("1"), 2);
  EXPECT_EQ(rows("samples = 262144"), 1);
  EXPECT_EQ(file_.sql("SELECT count(DISTINCT sequence) FROM segment"), 1);
  EXPECT_EQ(all().size(), 300'000u);
  EXPECT_EQ(store_->compact().merges, 0u);
}

TEST_F(Compaction, GivesTheSpaceBack) {
  for (int i = 0; i < 4'000; ++i) put(*store_, {{"m", i, 1, {{"h", std::to_string(i % 50)}}}});
  reopen();
  const auto before = std::filesystem::file_size(file_.path());
  store_->compact();
  EXPECT_EQ(store_->statistics().free_bytes, 0u);
  EXPECT_LT(std::filesystem::file_size(file_.path()), before / 4);
}

TEST_F(Compaction, NeverUsesAnIdAgain) {
  for (int i = 0; i < 5; ++i) put(*store_, {{"m", i, 1, {}}});
  store_->compact();
  EXPECT_EQ(file_.sql("SELECT id FROM segment"), 6);
  store_->remove({.metric = "m"});
  reopen();
  put(*store_, {{"m", 0, 1, {}}, {"m", 1, 1, {}}});
  EXPECT_EQ(file_.sql("SELECT id FROM segment"), 7);
  store_->remove({.metric = "m", .time_range = {kStart, kStart + 1}});
  EXPECT_EQ(file_.sql("SELECT id FROM segment"), 8) << "what is rewritten has a new id";
  EXPECT_EQ(file_.sql("SELECT sequence FROM segment"), 7) << "and is as old as before";
}

TEST_F(Compaction, LeavesOutWhatIsDamagedAndSaysSoOnce) {
  std::vector<std::string> said;
  Options logging = options();
  logging.logger = [&](LogLevel, std::string_view message) { said.emplace_back(message); };
  for (int i = 0; i < 9; ++i) put(*store_, {{"m", i, 1, {}}, {"n", i, 1, {}}});
  store_->close();
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1) WHERE id = 9");
  store_ = file_.open(logging);
  store_->compact();
  store_->compact();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("segment 9 of metric"), std::string::npos) << said[0];
  EXPECT_EQ(rows("id = 9"), 1);
  EXPECT_EQ(rows("level = 0"), 1);
  EXPECT_EQ(rows("1"), 4) << "one of the other metric; of this one what is older, the damaged one, what is newer";
}

TEST_F(Compaction, CanBeCancelled) {
  put(*store_, {{"m", 0, 1, {}}});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(test::error_of([&] { store_->compact(stop.get_token()); }), "CANCELLED");
  EXPECT_EQ(rows("level = 0"), 1);
  EXPECT_EQ(store_->compact().merges, 1u);
}

TEST_F(Compaction, NeedsAStoreThatWrites) {
  Store reader = Store::open(file_.read_only_url(), options());
  EXPECT_EQ(test::error_of([&] { reader.compact(); }), "INVALID_REQUEST");
  EXPECT_EQ(test::error_of([&] { reader.set_retention({"m", std::chrono::hours(1)}); }), "INVALID_REQUEST");
  EXPECT_EQ(reader.statistics().segments, 0u);
  EXPECT_TRUE(reader.retention().empty());
}

TEST_F(Compaction, IsFollowedByAReadOnlyStore) {
  for (int i = 0; i < 40; ++i) put(*store_, {{"m", i, 1, {{"h", std::to_string(i % 3)}}}});
  const Store reader = Store::open(file_.read_only_url(), options());
  const Lines before = all(reader);
  EXPECT_EQ(before.size(), 40u);
  store_->compact();
  EXPECT_EQ(all(reader), before);
  store_->remove({.metric = "m", .filters = {{"h", Filter::Kind::any_of, {"1"}}}});
  EXPECT_EQ(all(reader).size(), 27u);
  EXPECT_EQ(reader.series_count("m"), 2u);
}

TEST_F(Compaction, CountsWhatItWritesInTheStatistics) {
  StoreStatistics statistics = store_->statistics();
  EXPECT_EQ(statistics.write_amplification, 0);
  for (int i = 0; i < 20; ++i) put(*store_, {{"m", i % 10, 1, {}}, {"n", i, 1, {{"h", "a"}}}});
  statistics = store_->statistics();
  EXPECT_EQ(statistics.metrics, 2u);
  EXPECT_EQ(statistics.series, 2u);
  EXPECT_EQ(statistics.segments, 40u);
  EXPECT_EQ(statistics.waiting_segments, 40u);
  EXPECT_EQ(statistics.samples, 40u);
  EXPECT_EQ(statistics.write_amplification, 1);
  EXPECT_EQ(static_cast<std::int64_t>(statistics.ingested_bytes), file_.sql("SELECT sum(length(data)) FROM segment"));
  const CompactionReport report = store_->compact();
  statistics = store_->statistics();
  EXPECT_EQ(statistics.segments, 2u);
  EXPECT_EQ(statistics.waiting_segments, 0u);
  EXPECT_EQ(statistics.samples, 30u);
  EXPECT_EQ(statistics.compacted_bytes, report.bytes_written);
  EXPECT_EQ(statistics.compactions, report.merges);
  EXPECT_GT(statistics.write_amplification, 1);
  EXPECT_EQ(statistics.file_bytes, std::filesystem::file_size(file_.path()));
  reopen();
  EXPECT_EQ(store_->statistics().compactions, 0u);
  EXPECT_EQ(store_->statistics().samples, 30u);
}

TEST(BackgroundCompaction, MergesWhatWasWrittenByItself) {
  const test::SqliteFile file;
  Store store = file.open();
  for (int i = 0; i < 200; ++i) put(store, {{"m", i, 1, {}}});
  // No sleep: it wakes by itself, and the test's time limit is the only other end of this.
  while (store.statistics().compactions == 0) std::this_thread::yield();
  const auto statistics = store.statistics();
  EXPECT_LT(statistics.segments, 200u);
  EXPECT_EQ(statistics.samples, 200u);
}

TEST(BackgroundCompaction, ForgetsWhatRetentionDoesNotKeep) {
  const test::SqliteFile file;
  Options options = test::test_options();
  options.retention.cleanup_interval = std::chrono::milliseconds(1);
  options.retention.default_retention = std::chrono::minutes(30);
  Store store = file.open(options);
  put(store, {{"m", 0, 1, {}}, {"m", 3'000'000, 2, {}}});
  while (store.statistics().samples == 2) std::this_thread::yield();
  EXPECT_EQ(test::lines(store.query(Query::range("m").between(kStart, kNow))), Lines{"@3000000 {} 2"});
}

}  // namespace
}  // namespace luminate
