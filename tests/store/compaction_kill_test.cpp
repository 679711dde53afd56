#include <gtest/gtest.h>
#include <unistd.h>
#include <luminate/store.hpp>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

// A process that merges while it writes is killed at random moments. The file holds the segments from before a merge or
// those from after it: every answered sample is there once, with the value written last.
namespace luminate {
namespace {

constexpr int kCycles = 25;
constexpr int kSeries = 40;
constexpr std::int64_t kDay = 86'400'000;

Batch batch_of(int number, double value) {
  Batch batch;
  for (int h = 0; h < kSeries; ++h) {
    batch.add({"m", test::kStart + (number % 3) * kDay + number, value, {{"h", std::to_string(h)}}});
    batch.add({"gone", test::kStart + number, value, {{"h", std::to_string(h)}}});
  }
  return batch;
}

/// Says each number once its samples have their last value.
void work_until_killed(const std::string& url, int first, const test::ChildProcess::Pipe& pipe) {
  Store store = Store::open(url, test::timeless_options());
  std::jthread merging([store]() mutable {
    for (;;) store.compact();
  });
  std::jthread deleting([store]() mutable {
    for (;;) store.remove({.metric = "gone", .filters = {{"h", Filter::Kind::matches, {".*[0-4]"}}}});
  });
  for (int number = first;; ++number) {
    store.write(batch_of(number, -1));
    store.write(batch_of(number, 1));
    pipe.say(std::to_string(number));
  }
}

TEST(KilledCompaction, LeavesTheOldSegmentsOrTheNew) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int answered = 0;
  for (int cycle = 0; cycle < kCycles && !testing::Test::HasFailure(); ++cycle) {
    test::ChildProcess child([&](const auto& pipe) { work_until_killed(url, answered, pipe); });
    for (int left = std::uniform_int_distribution<>(1, 20)(random); left > 0; --left) {
      ASSERT_EQ(child.pipe().hear(), std::to_string(answered++));
    }
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 5'000)(random));
    child.kill();
    for (std::string line; !(line = child.pipe().hear()).empty();) ASSERT_EQ(line, std::to_string(answered++));

    Options options = test::timeless_options();
    options.compaction = false;
    Store store = Store::open(url, options);
    const auto check = [&] {
      const auto rows = store
                            .query(Query::aggregate("m", {{Aggregation::Kind::min}, {Aggregation::Kind::max}})
                                       .between(test::kStart, test::kStart + 5 * kDay)
                                       .every(std::chrono::milliseconds(1)))
                            .aggregate()
                            .rows;
      ASSERT_GE(rows.size(), static_cast<std::size_t>(answered));
      ASSERT_LE(rows.size(), static_cast<std::size_t>(answered) + 1);
      for (const auto& row : rows) {
        ASSERT_EQ(row.count, static_cast<std::uint64_t>(kSeries));
        const auto number = (*row.bucket_ms - test::kStart) % kDay;
        // The one that was under way may have its first value still.
        if (number < answered) {
          ASSERT_EQ(row.values, (std::vector<double>{1, 1})) << number;
        }
      }
    };
    check();
    store.compact();
    check();
    // The next one begins with the number that was not answered, which replaces whatever there is of it.
  }
}

}  // namespace
}  // namespace luminate
