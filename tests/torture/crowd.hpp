#pragma once

#include <luminate/store.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "torture/ledger.hpp"

namespace luminate::test {

/// Threads that write and read through several stores on one database, whatever happens to it, and keep books: what was
/// answered, what is in doubt, and what is wrong. They work in rounds, each with metrics of its own.
class Crowd {
 public:
  static constexpr int kWritersOfAStore = 2;

  struct Limits {
    std::chrono::milliseconds write{};  ///< WriteLimits::max_wait of the stores.
    std::chrono::milliseconds query{};  ///< QueryLimits::default_timeout of the stores.
    std::chrono::milliseconds grace{};  ///< How much longer a call may take.
  };

  Crowd(std::vector<Store> stores, Limits limits);
  ~Crowd();

  /// What is begun from now on belongs to this round. Returns when nothing of an earlier one is under way.
  void begin(int round);
  /// Until every writer and every reader has had `calls` answers to calls that began after this, at most so long.
  /// @returns "" or who has not.
  std::string wait_for_answers(int calls, std::chrono::milliseconds at_most);
  /// Holds what the round wrote against the books. While a batch that is in doubt may still be on its way: again.
  std::string check(const Store& store, int round) const;
  /// The same for a round whose metrics were deleted: a batch that is in doubt may have come later.
  std::string check_removed(const Store& store, int round) const;
  /// The number of samples of a round in the store.
  std::uint64_t samples(const Store& store, int round) const;

  /// Nobody does anything any more.
  void stop();

  /// The first thing that must not be, or "".
  std::string wrong() const;

  /// How often calls ended in which way.
  struct Counts {
    std::uint64_t answered = 0;
    std::uint64_t in_doubt = 0;
    std::uint64_t failed = 0;
    std::uint64_t reads = 0;
    std::uint64_t failed_reads = 0;
    std::chrono::milliseconds longest_over{0};  ///< By how much a call exceeded its deadline.
  };
  Counts counts() const;

  static Ledger ledger_of(int round, int writer);
  static std::vector<std::string> metrics_of(int round) {
    return {ledger_of(round, 0).metric(0), ledger_of(round, 0).metric(1)};
  }

 private:
  struct Books {
    Ledger::Numbers answered;
    Ledger::Numbers in_doubt;
    int next = 0;
  };
  /// One thread.
  struct Member {
    int store = 0;
    int writer = -1;     ///< -1: reads.
    int round = 0;       ///< Of what it does.
    int calls = 0;       ///< Answered since `counted`.
    bool fresh = false;  ///< What it does began after the last wait_for_answers().
    std::string last_error{};
    std::thread thread{};
  };

  void write(Member& member);
  void read(Member& member);
  template <class Call>
  bool attempt(Member& member, const char* what, std::chrono::milliseconds limit, Call&& call);
  void fail(const std::string& what);
  Books books_of(int round, int writer) const;
  int writers() const { return static_cast<int>(stores_.size()) * kWritersOfAStore; }

  std::vector<Store> stores_;
  Limits limits_;
  std::atomic<bool> ends_ = false;
  mutable std::mutex mutex_;
  std::condition_variable progress_;
  int round_ = 0;
  std::vector<std::vector<Books>> rounds_;  ///< By round, by writer.
  std::vector<std::unique_ptr<Member>> members_;
  std::string wrong_;
  Counts counts_;
};

}  // namespace luminate::test
