#include "server/api/health_probe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <vector>

namespace luminate::server::api {
namespace {

constexpr std::chrono::milliseconds kShort(20);
constexpr std::chrono::minutes kLong(1);

TEST(HealthProbe, TellsWhatTheCheckFinds) {
  HealthProbe healthy([] { return Health{true, "memory", "ok"}; }, kLong);
  EXPECT_TRUE(healthy.ask().healthy);
  EXPECT_EQ(healthy.ask().backend, "memory");
  HealthProbe failing([]() -> Health { throw std::runtime_error("on fire"); }, kLong);
  EXPECT_FALSE(failing.ask().healthy);
  EXPECT_EQ(failing.ask().status, "on fire");
}

TEST(HealthProbe, SeesEachChange) {
  std::atomic<bool> well = true;
  HealthProbe probe([&] { return Health{well, "memory", ""}; }, kLong);
  for (const bool each : {true, false, true}) {
    well = each;
    EXPECT_EQ(probe.ask().healthy, each);
  }
}

TEST(HealthProbe, AsksAStorageThatHangsOnceAndKeepsNobodyWaiting) {
  std::promise<void> hang;
  std::shared_future<void> end = hang.get_future().share();
  std::atomic<bool> hangs = false;
  std::atomic<int> checks = 0;
  HealthProbe probe(
      [&] {
        if (hangs) {
          ++checks;
          end.wait();
        }
        return Health{true, "postgresql", "ok"};
      },
      kShort);
  while (!probe.ask().healthy) {  // Not at once, on a busy machine.
  }
  hangs = true;
  std::vector<std::future<Health>> answers;
  for (int i = 0; i < 8; ++i) answers.push_back(std::async(std::launch::async, [&] { return probe.ask(); }));
  for (auto& answer : answers) {
    const Health health = answer.get();
    EXPECT_FALSE(health.healthy);
    EXPECT_EQ(health.backend, "postgresql");
    EXPECT_NE(health.status.find("has not answered"), std::string::npos) << health.status;
  }
  EXPECT_EQ(checks, 1);
  hang.set_value();
  while (!probe.ask().healthy) {
  }
}

}  // namespace
}  // namespace luminate::server::api
