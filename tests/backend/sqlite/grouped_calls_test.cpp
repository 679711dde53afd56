#include "backend/grouped_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "backend/backlog.hpp"

namespace luminate::sqlite {
namespace {

using backend::Backlog;
using backend::GroupedCalls;

struct Call {
  int times_processed = 0;
};
using Group = std::span<Call* const>;

/// Runs `count` calls from as many threads, the others once the first is being processed. @returns the group sizes.
std::vector<std::size_t> run_together(GroupedCalls<Call>& calls, std::vector<Call>& requests, std::size_t weight) {
  std::atomic<std::size_t> arriving = 0;
  std::vector<std::size_t> groups;  // Processing is one at a time, so it needs no lock.
  std::atomic<bool> busy = false;
  const auto process = [&](Group group) {
    EXPECT_FALSE(busy.exchange(true)) << "two groups at once";
    while (arriving < requests.size()) std::this_thread::yield();
    for (Call* call : group) ++call->times_processed;
    groups.push_back(group.size());
    busy = false;
  };
  std::vector<std::jthread> threads;
  for (Call& request : requests) {
    threads.emplace_back([&] {
      ++arriving;
      EXPECT_TRUE(calls.run(request, weight, process));
    });
  }
  threads.clear();
  return groups;
}

TEST(GroupedCalls, ALoneCallIsProcessedAtOnceByItself) {
  GroupedCalls<Call> calls({.group_weight = 100});
  Call call;
  EXPECT_TRUE(calls.run(call, 1, [](Group group) {
    ASSERT_EQ(group.size(), 1U);
    ++group.front()->times_processed;
  }));
  EXPECT_EQ(call.times_processed, 1);
}

TEST(GroupedCalls, EveryCallIsProcessedOnceAndThoseThatWaitShareAGroup) {
  std::size_t largest = 0;
  // Whether all threads wait by the time the first group is done is up to the scheduler; some round has it so.
  for (int round = 0; round < 1'000 && largest < 3; ++round) {
    GroupedCalls<Call> calls({.group_weight = 100});
    std::vector<Call> requests(8);
    for (const std::size_t size : run_together(calls, requests, 1)) largest = std::max(largest, size);
    for (const Call& request : requests) EXPECT_EQ(request.times_processed, 1);
  }
  EXPECT_GE(largest, 3U);
}

TEST(GroupedCalls, AsManyGroupsAsAreAllowedAreProcessedAtATime) {
  constexpr std::size_t kCalls = 30;
  GroupedCalls<Call> calls({.group_weight = 3, .parallel = 3});
  std::vector<Call> requests(kCalls);
  std::atomic<std::size_t> at_work = 0;
  std::atomic<std::size_t> most = 0;
  const auto process = [&](Group group) {
    const std::size_t now = ++at_work;
    for (std::size_t known = most; known < now && !most.compare_exchange_weak(known, now);) {
    }
    // Whoever may be at work beside this one comes.
    while (most < 3) std::this_thread::yield();
    for (Call* call : group) ++call->times_processed;
    --at_work;
  };
  {
    std::vector<std::jthread> threads;
    for (Call& request : requests) {
      threads.emplace_back([&] { EXPECT_TRUE(calls.run(request, 1, process)); });
    }
  }
  EXPECT_EQ(most, 3U);
  for (const Call& request : requests) EXPECT_EQ(request.times_processed, 1);
}

TEST(GroupedCalls, AGroupTakesNoMoreOnceItWeighsEnough) {
  for (int round = 0; round < 50; ++round) {
    GroupedCalls<Call> calls({.group_weight = 20});
    std::vector<Call> requests(8);
    for (const std::size_t size : run_together(calls, requests, 10)) EXPECT_LE(size, 2U);
    for (const Call& request : requests) EXPECT_EQ(request.times_processed, 1);
  }
}

TEST(GroupedCalls, WhatFailsFailsForItsGroupOnly) {
  GroupedCalls<Call> calls({.group_weight = 100});
  Call call;
  EXPECT_THROW((void)calls.run(call, 1, [](Group) { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(calls.run(call, 1, [](Group group) { ++group.front()->times_processed; }));
  EXPECT_EQ(call.times_processed, 1);
}

/// Runs calls that come together, of which the first is bad: processing it throws. @returns for each whether it threw.
std::vector<bool> run_with_a_bad_one(GroupedCalls<Call>& calls, std::vector<Call>& requests) {
  std::atomic<std::size_t> arriving = 0;
  std::vector<char> failed(requests.size(), 0);
  const auto process = [&](Group group) {
    while (arriving < requests.size()) std::this_thread::yield();
    for (Call* call : group) {
      if (call == requests.data()) throw std::runtime_error("bad");
    }
    for (Call* call : group) ++call->times_processed;
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    threads.emplace_back([&, i] {
      ++arriving;
      try {
        EXPECT_TRUE(calls.run(requests[i], 1, process));
      } catch (const std::runtime_error&) {
        failed[i] = 1;
      }
    });
  }
  threads.clear();
  return {failed.begin(), failed.end()};
}

TEST(GroupedCalls, WhatConcernsOneMemberFailsForThatOneOnly) {
  const auto concerns_none = [](const std::exception_ptr&) { return false; };
  for (int round = 0; round < 200; ++round) {
    GroupedCalls<Call> calls({.group_weight = 100, .concerns_all = concerns_none});
    std::vector<Call> requests(4);
    EXPECT_EQ(run_with_a_bad_one(calls, requests), (std::vector<bool>{true, false, false, false}));
    for (std::size_t i = 1; i < requests.size(); ++i) EXPECT_EQ(requests[i].times_processed, 1);
  }
}

TEST(GroupedCalls, WhatConcernsAllFailsForAllThatWereLeft) {
  std::size_t most_failed = 0;
  for (int round = 0; round < 1'000 && most_failed < 2; ++round) {
    GroupedCalls<Call> calls({.group_weight = 100});
    std::vector<Call> requests(4);
    const auto failed = run_with_a_bad_one(calls, requests);
    for (std::size_t i = 0; i < failed.size(); ++i) EXPECT_EQ(requests[i].times_processed, failed[i] ? 0 : 1);
    most_failed = std::max(most_failed, static_cast<std::size_t>(std::count(failed.begin(), failed.end(), true)));
  }
  EXPECT_GE(most_failed, 2U);
}

TEST(GroupedCalls, WhoWaitsTooLongGoesAndIsNotProcessed) {
  GroupedCalls<Call> calls({.group_weight = 100, .max_wait = std::chrono::milliseconds(20)});
  std::vector<Call> requests(3);
  std::atomic<bool> release = false;
  std::atomic<int> in_vain = 0;
  const auto process = [&](Group group) {
    while (!release) std::this_thread::yield();
    for (Call* call : group) ++call->times_processed;
  };
  std::vector<std::jthread> threads;
  for (Call& request : requests) {
    threads.emplace_back([&] {
      if (calls.run(request, 1, process)) return;
      EXPECT_EQ(request.times_processed, 0);
      if (++in_vain == 2) release = true;  // The third is at work, for as long as it takes.
    });
  }
  threads.clear();
  EXPECT_EQ(in_vain, 2);
  Call late;
  EXPECT_TRUE(calls.run(late, 1, process));
  EXPECT_EQ(late.times_processed, 1);
}

TEST(GroupedCalls, WhoGivesUpWhileItWaitsGoesAndIsNotProcessed) {
  GroupedCalls<Call> calls({.group_weight = 100});
  std::atomic<bool> at_work = false;
  std::atomic<bool> release = false;
  const auto process = [&](Group group) {
    at_work = true;
    while (!release) std::this_thread::yield();
    for (Call* call : group) ++call->times_processed;
  };
  Call first;
  std::stop_source stop;
  std::jthread worker([&] { EXPECT_TRUE(calls.run(first, 1, process, {.stop = stop.get_token()})); });
  while (!at_work) std::this_thread::yield();

  Call late;
  EXPECT_FALSE(calls.run(late, 1, process, {.deadline = std::chrono::steady_clock::now()}));
  Call cancelled;
  std::jthread waiter([&] { EXPECT_FALSE(calls.run(cancelled, 1, process, {.stop = stop.get_token()})); });
  stop.request_stop();
  waiter.join();
  release = true;
  worker.join();
  EXPECT_EQ(first.times_processed, 1) << "it was at work already";
  EXPECT_EQ(late.times_processed + cancelled.times_processed, 0);
}

TEST(Backlog, TakesWhatFitsAndRefusesOneMore) {
  Backlog backlog({.points = 10, .bytes = 100});
  std::optional<Backlog::Share> first(std::in_place, backlog, Backlog::Load{4, 10});
  const Backlog::Share second(backlog, {6, 90});
  const auto refusal = [&](const Backlog::Load& load) -> std::string {
    try {
      const Backlog::Share share(backlog, load);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::storage_unavailable);
      EXPECT_TRUE(error.retryable());
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({0, 0}), "");
  EXPECT_EQ(
      refusal({1, 0}),
      "the disk does not keep up: writes of 10 points wait for it, and with 1 more they would exceed the limit of "
      "10 (batch_write.max_waiting_points); nothing was stored, try again later");
  EXPECT_EQ(
      refusal({0, 1}),
      "the disk does not keep up: writes of 100 bytes wait for it, and with 1 more they would exceed the limit of "
      "100 (batch_write.max_waiting_bytes); nothing was stored, try again later");
  first.reset();
  EXPECT_EQ(refusal({4, 10}), "");
  EXPECT_NE(refusal({5, 10}), "");
}

TEST(Backlog, TakesALoneWriteOfAnySize) {
  Backlog backlog({.points = 10, .bytes = 100});
  const Backlog::Share huge(backlog, {11, 1'000});
  EXPECT_THROW(Backlog::Share(backlog, Backlog::Load{0, 0}), Error);
}

}  // namespace
}  // namespace luminate::sqlite
