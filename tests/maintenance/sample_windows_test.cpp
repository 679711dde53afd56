#include "maintenance/sample_windows.hpp"

#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <limits>
#include <vector>

namespace luminate::maintenance {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Walk {
  std::vector<std::int64_t> timestamps;
  std::size_t windows = 0;
};

Walk walk(const std::vector<std::int64_t>& timestamps, TimeRange range = {kMin, kMax},
          std::int64_t begins = SampleWindows::kLikelyBegin) {
  Store store = Store::open("memory:", import_options());
  Batch batch;
  for (const std::int64_t each : timestamps) batch.add({"m", each, 1, {}});
  batch.add({"mm", 12 * kDay, 1, {}});  // Whose name begins like that of the other.
  EXPECT_EQ(store.write(batch).rejected, 0u);
  Walk result;
  std::int64_t end = range.start_ms;
  SampleWindows windows(store, "m", range, begins);
  while (const auto window = windows.next()) {
    EXPECT_LE(end, window->start_ms);
    EXPECT_LT(window->start_ms, window->end_ms);
    end = window->end_ms;
    std::uint64_t found = 0;
    store.scan({.metric = "m", .time_range = *window}, [&](const SeriesSamples& samples) {
      found += samples.timestamps.size();
      result.timestamps.insert(result.timestamps.end(), samples.timestamps.begin(), samples.timestamps.end());
    });
    windows.found(found);
    ++result.windows;
  }
  EXPECT_LE(end, range.end_ms);
  return result;
}

TEST(SampleWindows, MeetEverySampleOnce) {
  const std::vector<std::int64_t> timestamps{
      kMin + 2'000'000'000'000,      -kDay - 1, -kDay, -1, 0, kDay, 1'700'000'000'000, 1'700'000'000'001,
      1'700'000'000'000 + 40 * kDay, kMax - 1};
  for (const std::int64_t begins : {kMin, std::int64_t{0}, SampleWindows::kLikelyBegin, kMax}) {
    const Walk walked = walk(timestamps, {kMin, kMax}, begins);
    EXPECT_EQ(walked.timestamps, timestamps) << begins;
    EXPECT_LT(walked.windows, 30u);
  }
}

TEST(SampleWindows, KeepToTheRange) {
  const std::vector<std::int64_t> timestamps{0, 10, 20, 30};
  EXPECT_EQ(walk(timestamps, {10, 30}).timestamps, (std::vector<std::int64_t>{10, 20}));
  EXPECT_EQ(walk(timestamps, {5, 6}).windows, 0u);
  EXPECT_EQ(walk(timestamps, {20, 21}).timestamps, std::vector<std::int64_t>{20});
}

TEST(SampleWindows, AreNoneOfAMetricThatIsNotThere) {
  EXPECT_EQ(walk({}).windows, 0u);
}

TEST(SampleWindows, AreWideWhereSamplesAreFew) {
  std::vector<std::int64_t> timestamps;
  for (std::int64_t day = 0; day < 1000; ++day) timestamps.push_back(1'600'000'000'000 + day * kDay);
  const Walk walked = walk(timestamps);
  EXPECT_EQ(walked.timestamps, timestamps);
  EXPECT_LT(walked.windows, 30u);
}

}  // namespace
}  // namespace luminate::maintenance
