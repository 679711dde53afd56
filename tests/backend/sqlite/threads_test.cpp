#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

// One store, many threads: made for ThreadSanitizer, and to be right without it.
namespace luminate {
namespace {

using Kind = Aggregation::Kind;

class SqliteThreads : public testing::Test {
 protected:
  std::string url() const { return "sqlite:" + (directory_.path() / "store.db").string(); }
  Store open() const { return Store::open(url(), test::test_options()); }

  static std::uint64_t count(const Store& store, const std::string& metric) {
    const Result result = store.query(Query::aggregate(metric, {{Kind::count}}).between(test::kStart, test::kNow));
    return result.aggregate().rows.empty() ? 0 : result.aggregate().rows[0].count;
  }

  test::TemporaryDirectory directory_;
};

TEST_F(SqliteThreads, WriteAndReadSideBySide) {
  constexpr int kWriters = 3;
  constexpr int kBatches = 30;
  constexpr int kPoints = 40;
  Store store = open();
  std::atomic<int> writing = kWriters;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        for (int number = 0; number < kBatches; ++number) {
          Batch batch;
          for (int i = 0; i < kPoints; ++i) {
            // A series that all know, one of the writer's own, and now and then a new one.
            batch.add({"m",
                       test::kStart + ((writer * kBatches + number) * kPoints + i),
                       1,
                       {{"h", i % 2 == 0 ? "shared" : "w" + std::to_string(writer * 100 + number / 5)}}});
          }
          batch.add({"m_" + std::to_string(writer), test::kStart + number, 1, {{"n", std::to_string(number)}}});
          EXPECT_EQ(store.write(batch).rejected, 0u);
          answered += kPoints;
        }
        --writing;
      });
    }
    for (int reader = 0; reader < 3; ++reader) {
      threads.emplace_back([&, reader] {
        while (writing > 0) {
          const auto before = static_cast<std::uint64_t>(answered.load());
          const auto seen = count(store, "m");
          EXPECT_GE(seen, before) << "an answered write is not seen";
          EXPECT_EQ(seen % kPoints, 0u) << "half a batch is seen";
          const std::string metric = "m_" + std::to_string(reader);
          const auto values = store.dimension_values(metric, "n").size();
          EXPECT_LE(values, store.series_count(metric));
          (void)store.dimension_keys("m", {.time_range = TimeRange{test::kStart, test::kNow}});
          (void)store.metrics();
        }
      });
    }
  }
  EXPECT_EQ(count(store, "m"), static_cast<std::uint64_t>(kWriters * kBatches * kPoints));
  store.close();
  store = open();
  EXPECT_EQ(count(store, "m"), static_cast<std::uint64_t>(kWriters * kBatches * kPoints));
  EXPECT_EQ(store.metrics().size(), 4u);
}

TEST_F(SqliteThreads, LoadMetricsWhileWritesAddWords) {
  // Series are loaded when a metric is first touched. Here that meets commits that bring new words.
  constexpr int kMetrics = 150;
  constexpr int kReaders = 3;
  const auto name = [](int reader, int i) { return "old_" + std::to_string(reader) + "_" + std::to_string(i); };
  {
    Store store = open();
    Batch batch;
    for (int reader = 0; reader < kReaders; ++reader) {
      for (int i = 0; i < kMetrics; ++i) batch.add({name(reader, i), test::kStart, 1, {{"h", name(i, reader)}}});
    }
    ASSERT_EQ(store.write(batch).rejected, 0u);
  }
  Store store = open();
  std::atomic<int> reading = kReaders;
  std::vector<std::jthread> threads;
  for (int reader = 0; reader < kReaders; ++reader) {
    threads.emplace_back([&, reader] {
      for (int i = 0; i < kMetrics; ++i) {
        test::Lines found;
        EXPECT_EQ(test::error_of([&] { found = store.dimension_values(name(reader, i), "h"); }), "");
        EXPECT_EQ(found, test::Lines{name(i, reader)});
      }
      --reading;
    });
  }
  for (int number = 0; reading > 0; ++number) {
    Batch batch;
    batch.add({"new", test::kStart, 1, {{"word_" + std::to_string(number), "v"}}});
    EXPECT_EQ(test::error_of([&] { store.write(batch); }), "");
  }
}

TEST_F(SqliteThreads, DeleteWhileOthersWriteAndRead) {
  constexpr int kRounds = 40;
  Store store = open();
  std::atomic<int> writing = 2;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 2; ++writer) {
      threads.emplace_back([&, writer] {
        for (int number = 0; number < kRounds; ++number) {
          Batch batch;
          for (int i = 0; i < 10; ++i) batch.add({"gone", test::kStart + i, 1, {{"h", std::to_string(i)}}});
          for (int i = 0; i < 10; ++i) {
            batch.add({"kept", test::kStart + number, 1, {{"h", std::to_string(writer * 10 + i)}}});
          }
          EXPECT_EQ(store.write(batch).rejected, 0u);
        }
        --writing;
      });
    }
    threads.emplace_back([&] {
      while (writing > 0) store.remove({.metric = "gone"});
    });
    threads.emplace_back([&] {
      while (writing > 0) {
        store.remove({.metric = "gone", .filters = {{"h", Filter::Kind::matches, {"[0-4]"}}}});
        EXPECT_EQ(count(store, "kept") % 10, 0u);
        EXPECT_LE(count(store, "gone"), 10u);
      }
    });
  }
  EXPECT_EQ(count(store, "kept"), 2u * kRounds * 10);
  store.remove({.metric = "gone"});
  EXPECT_EQ(store.metrics(), test::Lines{"kept"});
  EXPECT_EQ(store.series_count(), 20u);
  store.close();
  store = open();
  EXPECT_EQ(count(store, "kept"), 2u * kRounds * 10);
  EXPECT_EQ(store.series_count(), 20u);
}

TEST_F(SqliteThreads, DeleteWhileOthersWriteSeriesTheyKnow) {
  constexpr int kRounds = 60;
  Store store = open();
  std::atomic<int> writing = 3;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 3; ++writer) {
      threads.emplace_back([&, writer] {
        for (int number = 0; number < kRounds; ++number) {
          std::string text = R"({"metrics":[)";
          for (int i = 0; i < 20; ++i) {
            text += std::string(i == 0 ? "" : ",") + R"({"name":")" + (i % 2 == 0 ? "gone" : "kept") +
                    R"(","timestamp":)" + std::to_string(test::kStart + number) + R"(,"value":1,"dimensions":{"h":")" +
                    std::to_string(i % 2 == 0 ? (number + i) % 7 : writer * 100 + i) + R"("}})";
          }
          EXPECT_EQ(store.write_json(text + "]}").rejected, 0u);
        }
        --writing;
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; writing > 0; ++i) {
        store.remove({.metric = "gone", .filters = {{"h", Filter::Kind::any_of, {std::to_string(i % 7)}}}});
      }
    });
  }
  EXPECT_EQ(count(store, "kept"), 3u * kRounds * 10);
  EXPECT_EQ(store.series_count("kept"), 30u);
  EXPECT_LE(store.dimension_values("gone", "h").size(), 7u);
  EXPECT_EQ(store.dimension_values("gone", "h").size(), store.series_count("gone"));
}

TEST_F(SqliteThreads, FollowAWriterFromAReadOnlyStore) {
  Store store = open();
  const Store reader = Store::open(url() + "?mode=ro", test::test_options());
  std::atomic<bool> writing = true;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([&] {
        while (writing) {
          EXPECT_EQ(count(reader, "m") % 10, 0u);
          for (const auto& metric : reader.metrics()) (void)reader.dimension_keys(metric);
        }
      });
    }
    for (int number = 0; number < 60; ++number) {
      Batch batch;
      for (int i = 0; i < 10; ++i) {
        batch.add({"m", test::kStart + number, 1, {{"h", std::to_string(number / 10)}, {"i", std::to_string(i)}}});
      }
      batch.add({"m" + std::to_string(number % 7), test::kStart, 1, {{"k" + std::to_string(number), "v"}}});
      store.write(batch);
      if (number % 10 == 9) store.remove({.metric = "m" + std::to_string(number % 7)});
    }
    EXPECT_EQ(count(reader, "m"), 600u);
    writing = false;
  }
}

TEST_F(SqliteThreads, CloseWhileOthersWork) {
  Store store = open();
  std::vector<std::jthread> threads;
  std::atomic<int> stopped = 0;
  std::atomic<int> started = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      Store mine = store.tenant("t" + std::to_string(i));
      try {
        for (int number = 0;; ++number) {
          mine.write(test::batch_of({{"m", number % 1'000, 1, {}}}));
          (void)count(mine, "m");
          if (number == 0) ++started;
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::store_closed) << error.what();
        ++stopped;
      }
    });
  }
  while (started < 4) std::this_thread::yield();
  store.close();
  threads.clear();
  EXPECT_EQ(stopped, 4);
  EXPECT_EQ(open().tenant("t3").metrics(), test::Lines{"m"});
}

TEST_F(SqliteThreads, KeepTheLogShortWhileReadersOverlap) {
  Store store = open();
  std::atomic<bool> writing = true;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (writing) (void)store.query(Query::range("m").between(test::kStart, test::kNow));
    });
  }
  // Small batches, for which SQLite logs some 20 kB each: 60 MB if it never began again.
  std::uintmax_t largest = 0;
  for (int number = 0; number < 3'000; ++number) {
    Batch batch;
    for (const char* metric : {"m", "n", "o", "p"}) {
      batch.add({metric, test::kStart + number % 1'000, 1, {{"batch", std::to_string(number % 10)}}});
    }
    store.write(batch);
    largest = std::max(largest, std::filesystem::file_size(directory_.path() / "store.db-wal"));
  }
  writing = false;
  readers.clear();
  // 32 MiB, and half as much again for each time that a reader does not end within the checkpoint's patience.
  EXPECT_LT(largest, std::uintmax_t{50} << 20);
}

}  // namespace
}  // namespace luminate
