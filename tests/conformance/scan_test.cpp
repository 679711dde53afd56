#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <stop_token>
#include <utility>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::kNow;
using test::kStart;
using test::Lines;
using test::put;

using Samples = std::map<std::pair<Dimensions, std::int64_t>, double>;

class ScanTest : public StoreTest {
 protected:
  /// What a scan visits. Fails where a sample is visited twice, or a series not in the order of time.
  static Samples scanned(const Store& of, const Scan& what) {
    Samples samples;
    std::map<Dimensions, std::int64_t> latest;
    of.scan(what, [&](const SeriesSamples& visited) {
      EXPECT_FALSE(visited.timestamps.empty());
      EXPECT_EQ(visited.timestamps.size(), visited.values.size());
      for (std::size_t i = 0; i < visited.timestamps.size(); ++i) {
        const std::int64_t time = visited.timestamps[i];
        const auto [last, first_visit] = latest.emplace(visited.dimensions, time);
        EXPECT_TRUE(first_visit || last->second < time);
        last->second = time;
        EXPECT_TRUE(samples.emplace(std::pair(visited.dimensions, time), visited.values[i]).second);
      }
    });
    return samples;
  }
  static Lines shown(const Samples& samples) {
    Lines lines;
    for (const auto& [key, value] : samples) {
      lines.push_back("@" + std::to_string(key.second - kStart) + " " + test::text(key.first) + " " +
                      test::text(value));
    }
    return lines;
  }
};
LUMINATE_FOR_ALL_BACKENDS(ScanTest);

TEST_P(ScanTest, VisitsWhatIsAskedForAndTheLastWriteOfEach) {
  open();
  put(*store, {{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 10, 2, {{"host", "a"}}}, {"cpu", 5, 3, {{"host", "b"}}}});
  put(*store, {{"cpu", 10, 4, {{"host", "a"}}}, {"mem", 0, 9, {}}, {"cpu", 20, 5, {}}});
  EXPECT_EQ(shown(scanned(*store, {.metric = "cpu"})),
            (Lines{"@20 {} 5", "@0 {host=a} 1", "@10 {host=a} 4", "@5 {host=b} 3"}));
  EXPECT_EQ(shown(scanned(*store, {.metric = "cpu", .time_range = {kStart + 5, kStart + 10}})), Lines{"@5 {host=b} 3"});
  EXPECT_EQ(shown(scanned(*store, {.metric = "cpu", .filters = {{"host", Filter::Kind::any_of, {"a"}}}})),
            (Lines{"@0 {host=a} 1", "@10 {host=a} 4"}));
  EXPECT_EQ(shown(scanned(*store, {.metric = "none"})), Lines{});
  EXPECT_EQ(shown(scanned(store->tenant("acme"), {.metric = "cpu"})), Lines{});
}

TEST_P(ScanTest, TakesRangesThatNoQueryMay) {
  open(test::timeless_options());
  put(*store, {{"cpu", -kStart, 1, {}}, {"cpu", 0, 2, {}}, {"cpu", kNow, 3, {}}});
  EXPECT_EQ(scanned(*store, {.metric = "cpu"}).size(), 3u);
}

TEST_P(ScanTest, RefusesWhatQueriesRefuse) {
  open();
  const auto nothing = [](const SeriesSamples&) {};
  EXPECT_EQ(test::error_of([&] {
              store->scan({.metric = "cpu", .time_range = {5, 5}}, nothing);
            }),
            "INVALID_QUERY timeRange");
  EXPECT_EQ(test::error_of([&] {
              store->scan({.metric = "cpu", .filters = {{"host", Filter::Kind::matches, {"("}}}}, nothing);
            }),
            "INVALID_QUERY filters.host");
}

TEST_P(ScanTest, EndsWithWhatTheVisitorThrowsAndWhenItIsStopped) {
  open();
  put(*store, {{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 0, 1, {{"host", "b"}}}});
  EXPECT_THROW(store->scan({.metric = "cpu"}, [](const SeriesSamples&) { throw std::string("enough"); }), std::string);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(test::error_of([&] {
              store->scan(
                  {.metric = "cpu"}, [](const SeriesSamples&) {}, stop.get_token());
            }),
            "CANCELLED");
  put(*store, {{"cpu", 1, 1, {}}});
}

// More samples than one part of a scan may hold, in segments of every shape: long and short, early and late, narrow and
// wide, and many that hold one sample of long ago beside many of now.
TEST_P(ScanTest, VisitsEachOfMillionsOnceInParts) {
  if (!GetParam().persists) GTEST_SKIP() << "held in memory anyway";
  Options options = test::timeless_options();
  options.writes.max_batch_size = 1'000'000;
  open(options);
  std::mt19937_64 random(1);
  std::uint64_t written = 0;
  std::uint64_t checksum = 0;
  const auto weigh = [](std::int64_t time, double value) {
    return static_cast<std::uint64_t>(time) * 31 + static_cast<std::uint64_t>(value);
  };
  for (int block = 0; block < 24; ++block) {
    Batch batch;
    const std::size_t series_count = block % 3 == 0 ? 2 : 500;
    const std::size_t samples = 200'000 / static_cast<std::size_t>(GetParam().bulk_divisor) / series_count;
    const auto first_series = static_cast<std::size_t>(block % 2) * 250;
    for (std::size_t s = 0; s < series_count; ++s) {
      const auto series = batch.series("cpu", {{"host", std::to_string(first_series + s)}});
      // Times of different blocks never meet, so that what is written counts once.
      for (std::size_t i = 0; i < samples; ++i) {
        const auto time = static_cast<std::int64_t>((static_cast<std::size_t>(block) / 4 * 200'000 + i) * 24) + block;
        const auto value = static_cast<double>(random() % 1000);
        batch.add(series, time, value);
        ++written;
        checksum += weigh(time, value);
      }
    }
    const auto old = batch.series("cpu", {{"host", "0"}});
    batch.add(old, -1'000'000'000 - block, 7);
    ++written;
    checksum += weigh(-1'000'000'000 - block, 7);
    ASSERT_EQ(store->write(batch).rejected, 0u);
  }
  std::uint64_t visited = 0;
  std::size_t most_at_once = 0;
  std::map<Dimensions, std::int64_t> latest;
  store->scan({.metric = "cpu"}, [&](const SeriesSamples& samples) {
    most_at_once = std::max(most_at_once, samples.timestamps.size());
    const auto last = latest.emplace(samples.dimensions, std::numeric_limits<std::int64_t>::min()).first;
    for (std::size_t i = 0; i < samples.timestamps.size(); ++i) {
      ASSERT_LT(last->second, samples.timestamps[i]);
      last->second = samples.timestamps[i];
      checksum -= weigh(samples.timestamps[i], samples.values[i]);
    }
    visited += samples.timestamps.size();
  });
  EXPECT_EQ(visited, written);
  EXPECT_EQ(checksum, 0u);
  EXPECT_LE(most_at_once, 2'097'152u);
}

}  // namespace
}  // namespace luminate::conformance
