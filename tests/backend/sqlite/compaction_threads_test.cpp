#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

// Merges beside everything else: made for ThreadSanitizer, and to be right without it.
namespace luminate {
namespace {

using Kind = Aggregation::Kind;
constexpr std::int64_t kDay = 86'400'000;

class CompactionThreads : public testing::Test {
 protected:
  std::string url() const { return "sqlite:" + (directory_.path() / "store.db").string(); }
  Store open() const { return Store::open(url(), test::timeless_options()); }

  static std::uint64_t count(const Store& store, const std::string& metric) {
    const Result result =
        store.query(Query::aggregate(metric, {{Kind::count}}).between(test::kStart - 5 * kDay, test::kNow + 5 * kDay));
    return result.aggregate().rows.empty() ? 0 : result.aggregate().rows[0].count;
  }
  /// The sum over all samples, each of which counts 1 in the end.
  static double sum(const Store& store, const std::string& metric) {
    const Result result =
        store.query(Query::aggregate(metric, {{Kind::sum}}).between(test::kStart - 5 * kDay, test::kNow + 5 * kDay));
    return result.aggregate().rows.empty() ? 0 : result.aggregate().rows[0].values[0];
  }

  test::TemporaryDirectory directory_;
};

TEST_F(CompactionThreads, MergeWhileOthersWriteReadAndDelete) {
  constexpr int kWriters = 2;
  constexpr int kBatches = 60;
  constexpr int kPoints = 30;
  Store store = open();
  const Store reader = Store::open(url() + "?mode=ro", test::timeless_options());
  std::atomic<int> writing = kWriters;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        for (int number = 0; number < kBatches; ++number) {
          // Each sample is written wrongly first; days take turns, so that late points are common.
          for (const double value : {100.0, 1.0}) {
            Batch batch;
            for (int i = 0; i < kPoints; ++i) {
              const std::int64_t time = test::kStart + (number % 3) * kDay + number * kPoints + i;
              batch.add({"m", time, value, {{"w", std::to_string(writer)}, {"h", std::to_string(i % 4)}}});
              batch.add({"gone", time, value, {{"h", std::to_string(i % 4)}}});
            }
            EXPECT_EQ(store.write(batch).rejected, 0u);
          }
        }
        --writing;
      });
    }
    threads.emplace_back([&] {
      while (writing > 0) {
        const CompactionReport report = store.compact();
        EXPECT_LE(report.samples_after, report.samples_before + kWriters * kBatches * kPoints * 4);
      }
    });
    threads.emplace_back([&] {
      for (int round = 0; writing > 0; ++round) {
        store.remove({.metric = "gone", .filters = {{"h", Filter::Kind::any_of, {std::to_string(round % 4)}}}});
        store.remove({.metric = "gone", .time_range = {test::kStart, test::kStart + kDay}});
      }
    });
    threads.emplace_back([&] {
      std::uint64_t before = 0;
      while (writing > 0) {
        const auto seen = count(store, "m");
        EXPECT_GE(seen, before) << "samples vanish";
        EXPECT_EQ(seen % kPoints, 0u) << "half a batch is seen";
        before = seen;
        EXPECT_EQ(count(reader, "m") % kPoints, 0u);
        (void)store.statistics();
      }
    });
  }
  const auto all = static_cast<std::uint64_t>(kWriters * kBatches * kPoints);
  EXPECT_EQ(count(store, "m"), all);
  EXPECT_EQ(sum(store, "m"), static_cast<double>(all)) << "an older write won";
  store.compact();
  EXPECT_EQ(count(reader, "m"), all);
  EXPECT_EQ(sum(reader, "m"), static_cast<double>(all));
  store.remove({.metric = "gone"});
  EXPECT_EQ(store.metrics(), test::Lines{"m"});
  store.close();
  store = open();
  EXPECT_EQ(sum(store, "m"), static_cast<double>(all));
}

TEST_F(CompactionThreads, EnforceRetentionWhileOthersWriteAndMerge) {
  Options options = test::timeless_options();
  std::atomic<std::int64_t> now = test::kNow;
  options.clock = [&] { return now.load(); };
  options.retention.default_retention = std::chrono::hours(1);
  Store store = Store::open(url(), options);
  std::atomic<bool> writing = true;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      for (int number = 0; number < 150; ++number) {
        if (number > 0) now += 360'000;
        Batch batch;
        // A series that goes on, and one that does not.
        batch.add({"m", now, 1, {{"h", "a"}}});
        batch.add({"m", now, 1, {{"h", std::to_string(number / 10)}}});
        EXPECT_EQ(store.write(batch).rejected, 0u);
      }
      writing = false;
    });
    threads.emplace_back([&] {
      while (writing) store.enforce_retention();
    });
    threads.emplace_back([&] {
      while (writing) store.compact();
    });
  }
  store.enforce_retention();
  // The last eleven samples of "a", six minutes apart, are an hour old at most; so are those of "13" and "14".
  EXPECT_EQ(count(store, "m"), 22u);
  EXPECT_EQ(store.series_count("m"), 3u);
}

TEST_F(CompactionThreads, CloseInTheMiddleOfAMerge) {
  for (int round = 0; round < 5; ++round) {
    Store store = open();
    Batch batch;
    for (int h = 0; h < 50; ++h) {
      const auto series = batch.series("m", {{"h", std::to_string(h)}});
      for (int i = 0; i < 100; ++i) batch.add(series, test::kStart + (round * 100 + i) * 20, 1);
    }
    for (int repeat = 0; repeat < 20; ++repeat) store.write(batch);
    std::jthread compacting([store]() mutable {
      try {
        store.compact();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::store_closed) << error.what();
      }
    });
    store.close();
  }
  EXPECT_EQ(sum(open(), "m"), 5 * 50 * 100);
}

}  // namespace
}  // namespace luminate
