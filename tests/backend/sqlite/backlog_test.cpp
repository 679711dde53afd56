#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sqlite_file.hpp"
#include "support/answers.hpp"

// Writes that wait for a disk that does not answer: here a file that somebody else has locked.
namespace luminate {
namespace {

/// Keeps a file from being written from now on until release().
class Blockade {
 public:
  explicit Blockade(const std::string& path) {
    sqlite3_open(path.c_str(), &database_);
    EXPECT_EQ(sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Blockade() { sqlite3_close(database_); }
  Blockade(const Blockade&) = delete;
  Blockade& operator=(const Blockade&) = delete;
  void release() { EXPECT_EQ(sqlite3_exec(database_, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK); }

 private:
  sqlite3* database_ = nullptr;
};

class SqliteBacklog : public testing::Test {
 protected:
  Store open(const WriteLimits& limits) const {
    Options options = test::test_options();
    options.writes = limits;
    return file_.open(options);
  }

  /// Writes a point from each of `threads` threads to a locked file, which is free again when `refusals` of them have
  /// failed. @returns what these were told.
  test::Lines write_to_locked_file(Store& store, int threads, int refusals) {
    Blockade blockade(file_.path());
    int refused = 0;
    std::mutex mutex;
    test::Lines messages;
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < threads; ++i) {
        writers.emplace_back([&, i] {
          const std::string message = test::message_of([&] {
            store.write(test::batch_of({{"m", i, 1, {{"h", std::to_string(i)}}}}));
          });
          if (message.empty()) return;
          const std::lock_guard lock(mutex);
          messages.push_back(message);
          if (++refused == refusals) blockade.release();
        });
      }
    }
    return messages;
  }

  test::SqliteFile file_;
};

TEST_F(SqliteBacklog, RefusesOneWriteMoreThanMayWait) {
  Store store = open({.max_waiting_points = 2});
  const auto refused = write_to_locked_file(store, 3, 1);
  EXPECT_EQ(refused,
            test::Lines{"the disk does not keep up: writes of 2 points wait for it, and with 1 more they would "
                        "exceed the limit of 2 (batch_write.max_waiting_points); nothing was stored, try again "
                        "later"});
  EXPECT_EQ(store.series_count("m"), 2U) << "what was taken is stored, what was refused is not";
}

TEST_F(SqliteBacklog, SendsAwayWhoWaitsTooLong) {
  Store store = open({.max_wait = std::chrono::milliseconds(30)});
  const auto refused = write_to_locked_file(store, 4, 3);
  EXPECT_EQ(refused, test::Lines(3,
                                 "the disk does not keep up: the write waited 30ms behind others "
                                 "(batch_write.max_wait); nothing was stored, try again later"));
  EXPECT_EQ(store.series_count("m"), 1U);
}

TEST_F(SqliteBacklog, DamageThatOneWriteMeetsIsNoMatterOfOthers) {
  {
    Store store = open({});
    test::put(store, {{"damaged", 0, 1, {{"h", "a"}}}, {"whole", 0, 1, {{"h", "a"}}}});
  }
  file_.sql("UPDATE series SET dimensions = x'FF' WHERE metric_id = (SELECT id FROM metric WHERE name = 'damaged')");
  for (int round = 0; round < 10; ++round) {
    Store store = open({});
    Blockade blockade(file_.path());  // So that they come to wait together.
    std::atomic<int> started = 0;
    std::vector<std::jthread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&, i] {
        const std::string metric = i % 2 == 0 ? "damaged" : "whole";
        const Batch batch = test::batch_of({{metric, round, 1, {{"h", std::to_string(round * 10 + i)}}}});
        ++started;
        EXPECT_EQ(test::error_of([&] { store.write(batch); }), i % 2 == 0 ? "STORAGE_CORRUPT" : "");
      });
    }
    while (started < 4) std::this_thread::yield();
    blockade.release();
    writers.clear();
    EXPECT_EQ(store.series_count("whole"), 1U + 2U * static_cast<unsigned>(round + 1));
  }
}

}  // namespace
}  // namespace luminate
