#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <luminate/store.hpp>

#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

// A process that writes is killed again and again, at random moments. What it was told is stored is there afterwards,
// whole and once; of what it was not told about there is all or nothing.
namespace luminate {
namespace {

constexpr int kCycles = 50;
constexpr int kWriters = 3;
constexpr int kPointsOfAMetric = 150;
constexpr std::int64_t kSlotMs = 1'000;  ///< Each batch has one of its own.

Options durable_options() {
  Options options = test::timeless_options();
  options.durability = Durability::full;
  return options;
}

std::string metric_name(int cycle, const char* which) {
  return "cycle_" + std::to_string(cycle) + "_" + which;
}

/// Two metrics, so two segments, and every third batch brings a new series.
Batch make_batch(int cycle, int writer, int number) {
  Batch batch;
  for (const char* which : {"a", "b"}) {
    std::vector<Batch::SeriesIndex> series;
    for (const int generation : {0, number / 3 + 1}) {
      series.push_back(batch.series(metric_name(cycle, which),
                                    {{"writer", std::to_string(writer)}, {"generation", std::to_string(generation)}}));
    }
    for (int i = 0; i < kPointsOfAMetric; ++i) {
      batch.add(series[static_cast<std::size_t>(i) % 2], test::kStart + number * kSlotMs + i, number);
    }
  }
  return batch;
}

void write_until_killed(int cycle, const std::string& url, const test::ChildProcess::Pipe& pipe) {
  Store store = Store::open(url, durable_options());
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int number = 0;; ++number) {
        const WriteReport report = store.write(make_batch(cycle, writer, number));
        if (report.rejected != 0) std::abort();
        pipe.say(std::to_string(writer) + " " + std::to_string(number));
      }
    });
  }
}

/// Which batches of each writer a metric holds. All must be whole and unaltered.
std::map<int, std::set<int>> batches_of(const Store& store, const std::string& metric) {
  std::map<int, std::set<int>> batches;
  const Result result = store.query(Query::aggregate(metric, {{Aggregation::Kind::min}, {Aggregation::Kind::max}})
                                        .between(test::kStart, test::kStart + 86'400'000)
                                        .by({"writer"})
                                        .every(std::chrono::milliseconds(kSlotMs)));
  for (const auto& row : result.aggregate().rows) {
    const auto number = static_cast<int>((*row.bucket_ms - test::kStart) / kSlotMs);
    EXPECT_EQ(row.count, static_cast<std::uint64_t>(kPointsOfAMetric)) << metric << ", batch " << number;
    EXPECT_EQ(row.values, (std::vector<double>{1.0 * number, 1.0 * number})) << metric;
    EXPECT_TRUE(batches[std::stoi(row.group[0])].insert(number).second);
  }
  return batches;
}

TEST(KilledWriter, LeavesEveryAnsweredBatchWholeAndNoOtherInPart) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  int answered_in_all = 0;

  for (int cycle = 0; cycle < kCycles && !testing::Test::HasFailure(); ++cycle) {
    test::ChildProcess child([&](const auto& pipe) { write_until_killed(cycle, url, pipe); });
    // Not before it has answered some batches, then at any moment of the next one.
    std::map<int, int> last_answered;
    const auto note = [&](const std::string& line) {
      std::istringstream words(line);
      int writer = -1;
      int number = -1;
      ASSERT_TRUE(words >> writer >> number) << line;
      last_answered[writer] = number;
      ++answered_in_all;
    };
    for (int left = std::uniform_int_distribution<>(0, 9)(random); left > 0; --left) note(child.pipe().hear());
    ::usleep(std::uniform_int_distribution<useconds_t>(0, 5'000)(random));
    child.kill();
    for (std::string line; !(line = child.pipe().hear()).empty();) note(line);

    Store store = Store::open(url, durable_options());
    ASSERT_TRUE(store.health().healthy);
    const auto batches = batches_of(store, metric_name(cycle, "a"));
    EXPECT_EQ(batches, batches_of(store, metric_name(cycle, "b")));
    for (const auto& [writer, last] : last_answered) {
      const auto found = batches.find(writer);
      ASSERT_NE(found, batches.end()) << "cycle " << cycle << ", writer " << writer;
      for (int number = 0; number <= last; ++number) EXPECT_TRUE(found->second.contains(number)) << number;
      // At most the one that was under way.
      EXPECT_LE(*found->second.rbegin(), last + 1);
    }
    store.close();
  }
  EXPECT_GT(answered_in_all, kCycles);
}

}  // namespace
}  // namespace luminate
