#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <mutex>
#include <set>
#include <string>
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

TEST(BodyBudget, LeavesOthersHalfOfIt) {
  constexpr std::size_t kHalf = 128 * 1024;
  BodyBudget budget(2 * kHalf);
  {
    BodyBudget::Share loud(budget);
    loud.belong_to("loud");
    EXPECT_TRUE(loud.cover(kHalf));
    EXPECT_FALSE(loud.cover(kHalf + 1));
    BodyBudget::Share more(budget);
    more.belong_to("loud");
    EXPECT_FALSE(more.cover(1));
    BodyBudget::Share quiet(budget);
    quiet.belong_to("quiet");
    EXPECT_TRUE(quiet.cover(kHalf));
    BodyBudget::Share third(budget);
    third.belong_to("third");
    EXPECT_FALSE(third.cover(1));
  }
  EXPECT_EQ(budget.left(), 2 * kHalf);
  BodyBudget::Share loud(budget);
  loud.belong_to("loud");
  EXPECT_TRUE(loud.cover(kHalf));
  BodyBudget::Share nobody(budget);
  EXPECT_TRUE(nobody.cover(kHalf));
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

/// Threads that wait for a slot, a tenant each, and note in which order they got it.
class Queue {
 public:
  explicit Queue(WorkGate& gate) : gate_(gate) {}

  /// Returns when it waits.
  void add(const std::string& tenant) {
    const std::size_t before = gate_.waiting();
    threads_.emplace_back([this, tenant] {
      const auto slot = gate_.enter({}, tenant);
      const std::lock_guard lock(mutex_);
      order_.push_back(slot ? tenant : tenant + " in vain");
    });
    while (gate_.waiting() == before) std::this_thread::yield();
  }
  /// Returns when one of them waits no more.
  void wait_for_one() {
    for (;; std::this_thread::yield()) {
      const std::lock_guard lock(mutex_);
      if (!order_.empty()) return;
    }
  }
  /// Returns when nobody waits any more.
  std::vector<std::string> order() {
    threads_.clear();
    return order_;
  }

 private:
  WorkGate& gate_;
  std::mutex mutex_;
  std::vector<std::string> order_;
  std::vector<std::jthread> threads_;
};

TEST(WorkGate, LetsNobodyStandBehindAnotherTenantsQueue) {
  WorkGate gate(1, 100, std::chrono::hours(1));
  auto slot = gate.enter({}, "loud");
  Queue queue(gate);
  for (int i = 0; i < 5; ++i) queue.add("loud");
  queue.add("quiet");
  queue.add("other");
  slot.reset();
  const auto order = queue.order();
  ASSERT_EQ(order.size(), 7u);
  EXPECT_EQ((std::set<std::string>{order[0], order[1]}), (std::set<std::string>{"quiet", "other"}));
}

TEST(WorkGate, GivesASlotToTheTenantThatHasTheFewest) {
  WorkGate gate(4, 100, std::chrono::hours(1));
  const auto a = gate.enter({}, "a");
  const auto b = gate.enter({}, "a");
  auto c = gate.enter({}, "a");
  const auto d = gate.enter({}, "b");
  Queue queue(gate);
  queue.add("a");
  queue.add("b");
  c.reset();
  EXPECT_EQ(queue.order(), (std::vector<std::string>{"b", "a"}));
}

TEST(WorkGate, KeepsAQuarterOfItsSlotsFromATenant) {
  WorkGate gate(8, 0, std::chrono::hours(1));
  std::vector<WorkGate::Slot> slots;
  for (int i = 0; i < 6; ++i) slots.push_back(*gate.enter({}, "loud"));
  EXPECT_FALSE(gate.enter({}, "loud"));
  EXPECT_EQ(gate.stuck(), std::chrono::milliseconds(0));
  EXPECT_TRUE(gate.enter({}, "quiet"));
  slots.clear();
  EXPECT_TRUE(gate.enter({}, "loud"));
}

TEST(WorkGate, GivesAllSlotsWhereThereAreNoTenants) {
  WorkGate gate(8, 0, std::chrono::hours(1));
  std::vector<WorkGate::Slot> slots;
  for (int i = 0; i < 8; ++i) {
    auto slot = gate.enter({});
    ASSERT_TRUE(slot) << i;
    slots.push_back(std::move(*slot));
  }
  EXPECT_FALSE(gate.enter({}));
}

TEST(WorkGate, HasRoomToWaitForWhoHasFewer) {
  WorkGate gate(1, 3, std::chrono::hours(1));
  auto slot = gate.enter({}, "loud");
  Queue loud(gate);
  for (int i = 0; i < 3; ++i) loud.add("loud");
  EXPECT_FALSE(gate.enter({}, "loud")) << "the room is full of its own";
  std::jthread quiet([&] { EXPECT_TRUE(gate.enter({}, "quiet")); });
  // One of the loud has made room. The quiet one gets the slot before the two that are left.
  loud.wait_for_one();
  slot.reset();
  quiet.join();
  const auto order = loud.order();
  EXPECT_EQ(std::count(order.begin(), order.end(), "loud in vain"), 1);
  EXPECT_EQ(std::count(order.begin(), order.end(), "loud"), 2);
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

TEST(WorkerThreads, AreKeptForAWhileAndThenEnd) {
  WorkerThreads threads(std::chrono::milliseconds(50));
  std::latch all(8);
  std::latch done(8);
  for (int i = 0; i < 8; ++i) {
    threads.run([&] {
      all.arrive_and_wait();  // Each has a thread of its own.
      done.count_down();
    });
  }
  done.wait();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (threads.count() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(threads.count(), 0U);
  std::latch again(1);
  threads.run([&] { again.count_down(); });
  again.wait();
  EXPECT_EQ(threads.count(), 1U);
}

}  // namespace
}  // namespace luminate::server::http
