#include "host_metrics/sampler.hpp"

#include <luminate/validator.hpp>

#include <gtest/gtest.h>
#include <utility>

namespace host_metrics {
namespace {

constexpr double kTicksPerSecond = 100;

std::optional<double> value_of(const std::vector<luminate::Point>& points, std::string_view name,
                               luminate::Dimensions dimensions) {
  dimensions.emplace("host", "h");
  for (const auto& point : points) {
    if (point.name == name && point.dimensions == dimensions) return point.value;
  }
  return std::nullopt;
}

Snapshot snapshot_at(std::int64_t timestamp_ms) {
  Snapshot snapshot;
  snapshot.timestamp_ms = timestamp_ms;
  return snapshot;
}

TEST(Points, GiveTheBusyShareOfACoreBetweenTwoSnapshots) {
  Snapshot before = snapshot_at(1'000);
  Snapshot now = snapshot_at(2'000);
  before.cpus = {{"cpu0", {100, 0, 100, 1000, 50, 0, 0, 0}}};
  now.cpus = {{"cpu0", {120, 0, 105, 1060, 65, 0, 0, 0}}};  // 25 of 100 ticks neither idle nor waiting.
  const auto points = points_between(before, now, "h", kTicksPerSecond, 10);
  EXPECT_EQ(value_of(points, "cpu_busy_percent", {{"core", "cpu0"}}), 25);
  EXPECT_EQ(value_of(points, "cpu_seconds_total", {{"core", "cpu0"}, {"mode", "user"}}), 1.2);
}

TEST(Points, HaveNoShareOfACoreThatJustAppeared) {
  Snapshot now = snapshot_at(2'000);
  now.cpus = {{"cpu7", {1, 1, 1, 1, 1, 1, 1, 1}}};
  const auto points = points_between(snapshot_at(1'000), now, "h", kTicksPerSecond, 10);
  EXPECT_FALSE(value_of(points, "cpu_busy_percent", {{"core", "cpu7"}}));
  EXPECT_TRUE(value_of(points, "cpu_seconds_total", {{"core", "cpu7"}, {"mode", "idle"}}));
}

TEST(Points, GiveTheShareOfTimeThatADiskWasBusy) {
  Snapshot before = snapshot_at(1'000);
  Snapshot now = snapshot_at(3'000);
  before.disks = {{"vda", 512, 1024, 100}};
  now.disks = {{"vda", 512, 2048, 600}};
  const auto points = points_between(before, now, "h", kTicksPerSecond, 10);
  EXPECT_EQ(value_of(points, "disk_busy_percent", {{"device", "vda"}}), 25);
  EXPECT_EQ(value_of(points, "disk_written_bytes_total", {{"device", "vda"}}), 2048);
}

TEST(Points, GiveMemoryInUseAsWhatIsNotAvailable) {
  Snapshot now = snapshot_at(2'000);
  now.memory = {{"MemTotal", 1000}, {"MemAvailable", 400}};
  const auto points = points_between(snapshot_at(1'000), now, "h", kTicksPerSecond, 10);
  EXPECT_EQ(value_of(points, "memory_used_percent", {}), 60);
  EXPECT_EQ(value_of(points, "memory_bytes", {{"kind", "available"}}), 400);
}

TEST(Points, NameTheBusiestProcessesOnly) {
  Snapshot before = snapshot_at(1'000);
  Snapshot now = snapshot_at(2'000);
  before.processes = {{1, "init", 50}, {2, "idle", 7}, {3, "busy", 100}};
  now.processes = {{1, "init", 60}, {2, "idle", 7}, {3, "busy", 190}, {4, "new", 30}};
  const auto points = points_between(before, now, "h", kTicksPerSecond, 2);
  EXPECT_EQ(value_of(points, "process_cpu_percent", {{"pid", "3"}, {"comm", "busy"}}), 90);
  EXPECT_EQ(value_of(points, "process_cpu_percent", {{"pid", "4"}, {"comm", "new"}}), 30);
  EXPECT_FALSE(value_of(points, "process_cpu_percent", {{"pid", "1"}, {"comm", "init"}}));
  EXPECT_FALSE(value_of(points, "process_cpu_percent", {{"pid", "2"}, {"comm", "idle"}}));
}

TEST(Snapshot, OfThisMachineMakesPointsThatAStoreAccepts) {
  const Snapshot before = take_snapshot();
  const Snapshot now = take_snapshot();
  ASSERT_FALSE(now.cpus.empty());
  ASSERT_FALSE(now.memory.empty());
  ASSERT_FALSE(now.processes.empty());
  const auto points = points_between(before, now, "h", kTicksPerSecond, 10);
  const luminate::Validator validator;
  for (const auto& point : points) {
    const auto verdict = validator.check(point, now.timestamp_ms);
    EXPECT_FALSE(verdict) << verdict->message;
  }
}

}  // namespace
}  // namespace host_metrics
