#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_disk.hpp"
#include "torture/scale.hpp"

// Clients that hear no answer send again. Here each batch is sent one to five times, in any order, by several clients
// at once, and the store holds what it would hold had each been sent once. Batches overlap, but agree where they do:
// which of two different values came last is nobody's to say when two clients send them at the same time.
namespace luminate {
namespace {

constexpr int kSeries = 50;
constexpr int kPointsOfABatch = 5;
constexpr int kClients = 4;
constexpr int kBatchesOfAStore = 2'500;

using Samples = std::map<std::pair<int, std::int64_t>, double>;  // By series and timestamp.

double value_at(int series, std::int64_t timestamp) {
  return static_cast<double>(timestamp % 100'000) + series / 100.0;
}

struct Sent {
  Batch batch;
  std::string json;
};

Sent make_batch(std::mt19937& random, Samples& expected) {
  Sent sent;
  sent.json = R"({"metrics":[)";
  for (int i = 0; i < kPointsOfABatch; ++i) {
    const int series = std::uniform_int_distribution<>(0, kSeries - 1)(random);
    const std::int64_t timestamp = test::kStart + std::uniform_int_distribution<>(0, 999)(random);
    const double value = value_at(series, timestamp);
    expected[{series, timestamp}] = value;
    sent.batch.add({"m", timestamp, value, {{"series", std::to_string(series)}}});
    sent.json += std::string(i == 0 ? "" : ",") + R"({"name":"m","timestamp":)" + std::to_string(timestamp) +
                 R"(,"value":)" + test::text(value) + R"(,"dimensions":{"series":")" + std::to_string(series) + "\"}}";
  }
  sent.json += "]}";
  return sent;
}

void send_again_and_again(int batches, std::mt19937& random) {
  Samples expected;
  std::vector<Sent> sent;
  std::vector<std::size_t> order;
  for (int i = 0; i < batches; ++i) {
    sent.push_back(make_batch(random, expected));
    const int times = std::uniform_int_distribution<>(1, 5)(random);
    order.insert(order.end(), static_cast<std::size_t>(times), sent.size() - 1);
  }
  std::ranges::shuffle(order, random);

  test::NoSync no_sync;
  const test::TestDisk disk(no_sync);
  const auto directory = test::TemporaryDirectory::in_memory();
  Options options = test::test_options();
  options.queries.max_result_points = expected.size() + 1;
  Store store = Store::open("sqlite:" + (directory.path() / "store.db").string(), options);
  std::atomic<std::size_t> next = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&] {
        for (std::size_t at; (at = next++) < order.size();) {
          const Sent& one = sent[order[at]];
          const WriteReport report = at % 2 == 0 ? store.write(one.batch) : store.write_json(one.json);
          if (report.accepted != kPointsOfABatch) ++refused;
          if (at % 1'000 == 999) store.compact();
        }
      });
    }
  }
  EXPECT_EQ(refused, 0);
  const Result result = store.query(Query::range("m").between(test::kStart, test::kNow));
  const RangeResult& range = result.range();
  ASSERT_EQ(range.value_column.size(), expected.size());
  Samples found;
  for (std::size_t i = 0; i < range.value_column.size(); ++i) {
    const int series = std::stoi(range.series.at(range.series_column[i]).at("series"));
    found[{series, range.timestamp_column[i]}] = range.value_column[i];
  }
  EXPECT_EQ(found, expected);
}

class RepeatedBatches : public testing::TestWithParam<int> {};

TEST_P(RepeatedBatches, CountOnce) {
  const unsigned seed = test::seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (long long left = test::repetitions("TORTURE_BATCHES", 10'000) / 2; left > 0 && !HasFailure();) {
    const int batches = static_cast<int>(std::min<long long>(left, kBatchesOfAStore));
    send_again_and_again(batches, random);
    left -= batches;
  }
}

INSTANTIATE_TEST_SUITE_P(Half, RepeatedBatches, testing::Range(0, 2));

}  // namespace
}  // namespace luminate
