#include "sqlite/grouped_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace luminate::sqlite {
namespace {

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
      calls.run(request, weight, process);
    });
  }
  threads.clear();
  return groups;
}

TEST(GroupedCalls, ALoneCallIsProcessedAtOnceByItself) {
  GroupedCalls<Call> calls(100);
  Call call;
  calls.run(call, 1, [](Group group) {
    ASSERT_EQ(group.size(), 1U);
    ++group.front()->times_processed;
  });
  EXPECT_EQ(call.times_processed, 1);
}

TEST(GroupedCalls, EveryCallIsProcessedOnceAndThoseThatWaitShareAGroup) {
  std::size_t largest = 0;
  // Whether all threads wait by the time the first group is done is up to the scheduler; some round has it so.
  for (int round = 0; round < 1'000 && largest < 3; ++round) {
    GroupedCalls<Call> calls(100);
    std::vector<Call> requests(8);
    for (const std::size_t size : run_together(calls, requests, 1)) largest = std::max(largest, size);
    for (const Call& request : requests) EXPECT_EQ(request.times_processed, 1);
  }
  EXPECT_GE(largest, 3U);
}

TEST(GroupedCalls, AGroupTakesNoMoreOnceItWeighsEnough) {
  for (int round = 0; round < 50; ++round) {
    GroupedCalls<Call> calls(20);
    std::vector<Call> requests(8);
    for (const std::size_t size : run_together(calls, requests, 10)) EXPECT_LE(size, 2U);
    for (const Call& request : requests) EXPECT_EQ(request.times_processed, 1);
  }
}

TEST(GroupedCalls, WhatFailsFailsForItsGroupOnly) {
  GroupedCalls<Call> calls(100);
  Call call;
  EXPECT_THROW(calls.run(call, 1, [](Group) { throw std::runtime_error("no"); }), std::runtime_error);
  calls.run(call, 1, [](Group group) { ++group.front()->times_processed; });
  EXPECT_EQ(call.times_processed, 1);
}

}  // namespace
}  // namespace luminate::sqlite
