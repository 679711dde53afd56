#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <array>
#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

constexpr int kWriters = 4;
constexpr int kBatchPoints = 50;
constexpr int kBackups = 8;

/// Points of each batch, by writer and batch number.
std::map<std::string, std::map<std::int64_t, int>> batches_in(const std::string& path) {
  const Store store = Store::open("sqlite:" + path, test::timeless_options());
  std::map<std::string, std::map<std::int64_t, int>> batches;
  store.scan({.metric = "m"}, [&](const SeriesSamples& samples) {
    for (const double value : samples.values)
      ++batches[samples.dimensions.at("writer")][static_cast<std::int64_t>(value)];
  });
  return batches;
}

// Each writer writes batches one after another; the value of a point is the number of its batch.
TEST(BackupWhileWriting, HasEveryAnsweredWriteAndNoTornOne) {
  const test::SqliteFile file;
  Store store = file.open(test::timeless_options());
  std::atomic<bool> stop = false;
  std::array<std::atomic<std::int64_t>, kWriters> answered{};
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (std::int64_t number = 1; !stop; ++number) {
        Batch batch;
        for (int i = 0; i < kBatchPoints; ++i) {
          // New series all the time, so that the catalog grows too.
          const Dimensions dimensions{{"writer", std::to_string(w)},
                                      {"part", std::to_string(i % 10) + "-" + std::to_string(number / 20)}};
          batch.add({"m", number * 100 + i, static_cast<double>(number), dimensions});
        }
        ASSERT_EQ(store.write(batch).rejected, 0u);
        answered[static_cast<std::size_t>(w)] = number;
      }
    });
  }
  for (auto& each : answered) {
    while (each < 3) std::this_thread::yield();
  }
  for (int b = 0; b < kBackups; ++b) {
    const std::string path = (file.directory() / ("copy" + std::to_string(b))).string();
    std::array<std::int64_t, kWriters> before{};
    for (std::size_t w = 0; w < kWriters; ++w) before[w] = answered[w];
    if (b % 2 == 0) {
      store.backup(path);
    } else {
      backup_file(file.path(), path);
    }
    auto batches = batches_in(path);
    for (std::size_t w = 0; w < kWriters; ++w) {
      const auto& numbers = batches[std::to_string(w)];
      ASSERT_FALSE(numbers.empty());
      EXPECT_GE(numbers.rbegin()->first, before[w]) << "an answered write is missing";
      std::int64_t expected = 1;
      for (const auto& [number, points] : numbers) {
        EXPECT_EQ(number, expected++) << "a batch in between is missing";
        EXPECT_EQ(points, kBatchPoints) << "batch " << number << " is torn";
      }
    }
  }
  stop = true;
  for (auto& writer : writers) writer.join();
  store.close();
  EXPECT_TRUE(check_file(file.path()).sound());
}

}  // namespace
}  // namespace luminate
