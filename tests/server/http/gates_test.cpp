#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "server/http/body_budget.hpp"
#include "server/http/connection_gate.hpp"
#include "server/http/work_gate.hpp"
#include "server/http/worker_threads.hpp"

namespace luminate::server::http {
namespace {

TEST(ConnectionGate, CountsAddressesApart) {
  ConnectionGate gate(3, 2);
  auto a = gate.admit("a");
  auto again = gate.admit("a");
  ASSERT_TRUE(a && again);
  EXPECT_FALSE(gate.admit("a"));
  const auto b = gate.admit("b");
  EXPECT_TRUE(b);
  EXPECT_FALSE(gate.admit("c"));
  a.reset();
  EXPECT_TRUE(gate.admit("c"));
  EXPECT_TRUE(gate.admit("a"));
}

TEST(BodyBudget, IsGivenBack) {
  BodyBudget budget(128 * 1024);
  {
    BodyBudget::Share share(budget);
    EXPECT_TRUE(share.cover(1));
    EXPECT_TRUE(share.cover(128 * 1024));
    EXPECT_FALSE(share.cover(128 * 1024 + 1));
    BodyBudget::Share other(budget);
    EXPECT_TRUE(other.cover(0));
    EXPECT_FALSE(other.cover(1));
  }
  EXPECT_EQ(budget.left(), 128U * 1024);
}

TEST(WorkGate, NeverLetsMoreInThanItHasSlots) {
  WorkGate gate(3, 100, std::chrono::seconds(60));
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> done{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        const auto slot = gate.enter({});
        if (!slot) return;
        const int now = ++inside;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
        ++done;
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 3);
  EXPECT_EQ(done, 16 * 200);
}

TEST(WorkGate, StopsWaitingForClientsThatLeft) {
  WorkGate gate(1, 1, std::chrono::hours(1));
  auto slot = gate.enter({});
  ASSERT_TRUE(slot);
  std::stop_source gone;
  std::jthread waiting([&] { EXPECT_FALSE(gate.enter(gone.get_token())); });
  gone.request_stop();
  waiting.join();
  slot.reset();
  EXPECT_TRUE(gate.enter({}));
}

TEST(WorkerThreads, RunAllJobsAtOnce) {
  std::atomic<int> running{0};
  WorkerThreads threads;
  for (int i = 0; i < 20; ++i) {
    threads.run([&] {
      ++running;
      while (running < 20) std::this_thread::yield();
    });
  }
  threads.join();
  EXPECT_EQ(running, 20);
}

TEST(WorkGate, IsStuckWhileNoSlotComesBack) {
  WorkGate gate(1, 0, std::chrono::milliseconds(0));
  EXPECT_EQ(gate.stuck().count(), 0);
  {
    const auto slot = gate.enter({});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (gate.stuck().count() == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    EXPECT_GT(gate.stuck().count(), 0);
  }
  EXPECT_EQ(gate.stuck().count(), 0);
}

}  // namespace
}  // namespace luminate::server::http
