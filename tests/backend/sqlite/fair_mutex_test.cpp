#include "sqlite/fair_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace luminate::sqlite {
namespace {

TEST(FairSharedMutex, LetsAWriterInAmongReadersThatNeverAllLeave) {
  constexpr int kEnough = 3'000'000;  // Reads, in which a writer's turn has to come.
  FairSharedMutex mutex;
  std::atomic<int> inside = 0;
  std::atomic<int> reads = 0;
  std::atomic<bool> written = false;
  {
    std::vector<std::jthread> readers;
    for (int reader = 0; reader < 4; ++reader) {
      readers.emplace_back([&] {
        while (!written && reads < kEnough) {
          const std::shared_lock lock(mutex);
          ++inside;
          ++reads;
          // Stays until another reader has come, or tried for a while: somebody is always inside.
          for (int i = 0; i < 100 && inside < 2; ++i) std::this_thread::yield();
          --inside;
        }
      });
    }
    while (reads < 100) std::this_thread::yield();
    const std::unique_lock lock(mutex);
    EXPECT_EQ(inside, 0);
    EXPECT_LT(reads, kEnough);
    written = true;
  }
}

}  // namespace
}  // namespace luminate::sqlite
