#include "sqlite/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace luminate::sqlite {
namespace {

TEST(WorkerPool, DoesEveryTaskOnce) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    WorkerPool pool(threads);
    for (const std::size_t tasks : {0U, 1U, 2U, 1000U}) {
      std::vector<std::atomic<int>> done(tasks);
      pool.run(tasks, [&](std::size_t i) { ++done[i]; });
      for (const auto& times : done) EXPECT_EQ(times, 1);
    }
  }
}

TEST(WorkerPool, ServesManyCallersAtATime) {
  WorkerPool pool(3);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round) {
          int own = 0;
          std::vector<int> results(20);
          pool.run(results.size(), [&](std::size_t i) { results[i] = 1; });
          for (const int result : results) own += result;
          EXPECT_EQ(own, 20);
          done += own;
        }
      });
    }
  }
  EXPECT_EQ(done, 8 * 50 * 20);
}

TEST(WorkerPool, WorksOnSeveralThreads) {
  WorkerPool pool(2);
  std::atomic<int> inside = 0;
  // Each task waits for the other, which one thread alone could never finish.
  pool.run(2, [&](std::size_t) {
    ++inside;
    while (inside < 2) std::this_thread::yield();
  });
  EXPECT_EQ(inside, 2);
}

TEST(WorkerPool, ThrowsTheFirstErrorAndBeginsNoFurtherTask) {
  WorkerPool pool(3);
  std::atomic<int> begun = 0;
  const auto fails = [&](std::size_t i) {
    ++begun;
    if (i == 5) throw std::runtime_error("the fifth");
  };
  EXPECT_THROW(pool.run(100'000, fails), std::runtime_error);
  EXPECT_LT(begun, 100'000);
  std::atomic<int> done = 0;
  pool.run(10, [&](std::size_t) { ++done; });
  EXPECT_EQ(done, 10);
}

}  // namespace
}  // namespace luminate::sqlite
