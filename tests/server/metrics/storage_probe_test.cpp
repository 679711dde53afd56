#include "server/metrics/storage_probe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>

namespace luminate::server::metrics {
namespace {

constexpr std::chrono::milliseconds kNone{0};
constexpr std::chrono::minutes kEnough{1};

StorageFigures figures(std::uint64_t series) {
  StorageFigures made;
  made.statistics.series = series;
  return made;
}

TEST(StorageProbe, TellsWhatItCounts) {
  StorageProbe probe({[] { return true; }, [] { return figures(7); }}, kEnough);
  const StorageProbe::Answer answer = probe.ask();
  EXPECT_TRUE(answer.is_up);
  ASSERT_TRUE(answer.figures);
  EXPECT_EQ(answer.figures->statistics.series, 7u);
}

TEST(StorageProbe, WaitsForNoStorageThatHangs) {
  std::latch released(1);
  StorageProbe probe({[&] {
                        released.wait();
                        return true;
                      },
                      [] { return figures(7); }},
                     kNone);
  for (int i = 0; i < 2; ++i) {
    const StorageProbe::Answer answer = probe.ask();
    EXPECT_FALSE(answer.is_up);
    EXPECT_FALSE(answer.figures);
  }
  released.count_down();
}

TEST(StorageProbe, KnowsOneThatIsSlowToCountFromOneThatIsDown) {
  std::latch counting(1);
  std::latch released(1);
  std::atomic<bool> first = true;
  StorageProbe probe({[] { return true; },
                      [&] {
                        if (first.exchange(false)) {
                          counting.count_down();
                          released.wait();
                        }
                        return figures(7);
                      }},
                     kNone);
  probe.ask();
  counting.wait();
  const StorageProbe::Answer answer = probe.ask();
  EXPECT_TRUE(answer.is_up);
  EXPECT_FALSE(answer.figures) << "nothing was counted so far";
  released.count_down();
}

TEST(StorageProbe, ForgetsFiguresOfOneThatIsDown) {
  std::atomic<bool> up = true;
  StorageProbe probe({[&] { return up.load(); }, [] { return figures(7); }}, kEnough);
  EXPECT_TRUE(probe.ask().figures);
  up = false;
  EXPECT_FALSE(probe.ask().is_up);
  EXPECT_FALSE(probe.ask().figures);
}

TEST(StorageProbe, TakesAnExceptionForAnAnswer) {
  StorageProbe down({[]() -> bool { throw std::runtime_error("gone"); }, [] { return figures(7); }}, kEnough);
  EXPECT_FALSE(down.ask().is_up);
  StorageProbe unknown({[] { return true; }, []() -> StorageFigures { throw std::runtime_error("too long"); }},
                       kEnough);
  const StorageProbe::Answer answer = unknown.ask();
  EXPECT_TRUE(answer.is_up);
  EXPECT_FALSE(answer.figures);
}

TEST(StorageProbe, LeavesAStorageAloneAfterCounting) {
  std::atomic<int> counted = 0;
  StorageProbe probe({[] { return true; },
                      [&] {
                        ++counted;
                        // Twenty times this is longer than the test takes.
                        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
                        while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
                        return figures(7);
                      }},
                     kEnough);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(probe.ask().figures);
  EXPECT_EQ(counted, 1);
}

}  // namespace
}  // namespace luminate::server::metrics
