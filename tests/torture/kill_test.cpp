#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>
#include <luminate/store.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// A process that writes, deletes, merges, drops what is old, reads, closes and opens is killed again and again, at
// random moments. What it was told is stored is there afterwards, whole and once; what it was told is deleted is gone;
// of what it was not told about there is all or nothing.
namespace luminate {
namespace {

using test::Ledger;

constexpr int kWriters = 4;
constexpr int kRemover = 3;  ///< This one deletes what it wrote, too.

/// What a child does besides, so that each part of a store's life is met by some kill.
enum class Habit { steady, reopens, heavy };

Options durable_options() {
  Options options = test::timeless_options();
  options.durability = Durability::full;
  options.writes.max_batch_size = 1'000'000;
  return options;
}

Ledger ledger_of(int cycle, int writer, Habit habit) {
  Ledger ledger{.name = "cycle_" + std::to_string(cycle), .writer = writer};
  // Smaller batches share segments with those of others, larger ones have their own.
  ledger.points = writer == 0 ? 600 : 40;
  // Enough for the log to be folded into the file under way.
  if (habit == Habit::heavy && writer == 1) ledger.ballast = 50'000;
  return ledger;
}

/// A store that all threads of a child use, and that one of them may close and open.
class Child {
 public:
  Child(int cycle, Habit habit, const std::string& url, const test::ChildProcess::Pipe& pipe)
      : cycle_(cycle), habit_(habit), url_(url), pipe_(pipe) {}

  void run() {
    std::vector<std::jthread> threads;
    store_.store(std::make_shared<Store>(Store::open(url_, durable_options())));
    for (int writer = 0; writer < kWriters; ++writer) threads.emplace_back([this, writer] { write(writer); });
    threads.emplace_back([this] { read(); });
    threads.emplace_back([this] { maintain(); });
    while (habit_ == Habit::reopens) {
      ::usleep(2'000);
      store_.load()->close();
      store_.store(std::make_shared<Store>(Store::open(url_, durable_options())));
    }
  }

 private:
  /// Until it is done: in the meantime the store may be closed.
  template <class Call>
  void insist(Call&& call) {
    for (;;) {
      try {
        call(*store_.load());
        return;
      } catch (const Error& error) {
        if (error.code() != ErrorCode::store_closed) {
          pipe_.say("wrong " + std::string(error.what()));
          return;
        }
        std::this_thread::yield();
      }
    }
  }

  void write(int writer) {
    const Ledger ledger = ledger_of(cycle_, writer, habit_);
    for (int number = 0;; ++number) {
      insist([&](Store& store) { ledger.write(store, number); });
      say("written", writer, number);
      if (writer != kRemover || number % 3 != 2) continue;
      say("removing", writer, number - 1);
      insist([&](Store& store) { ledger.remove(store, number - 1); });
      say("removed", writer, number - 1);
    }
  }

  void read() {
    for (;;) {
      const Ledger ledger = ledger_of(cycle_, kRemover, habit_);
      Ledger::Numbers found;
      insist([&](Store& store) {
        found.clear();
        const std::string wrong = ledger.read(store, 0, found);
        if (!wrong.empty()) pipe_.say("wrong " + wrong);
      });
    }
  }

  /// Beside what the store does by itself. Of the ballast nothing is old enough to be kept.
  void maintain() {
    insist([](Store& store) { store.set_retention({"*_ballast", std::chrono::milliseconds(1)}); });
    for (;;) {
      insist([](Store& store) { store.compact(); });
      insist([](Store& store) { store.enforce_retention(); });
      ::usleep(1'000);
    }
  }

  void say(const char* what, int writer, int number) const {
    pipe_.say(std::string(what) + " " + std::to_string(writer) + " " + std::to_string(number));
  }

  const int cycle_;
  const Habit habit_;
  const std::string url_;
  const test::ChildProcess::Pipe& pipe_;
  std::atomic<std::shared_ptr<Store>> store_;
};

/// What one writer of a cycle was told, and so what a store must hold and may hold.
struct Told {
  Ledger ledger;
  Ledger::Numbers answered{};
  Ledger::Numbers in_doubt{0};

  void written(int number) {
    answered.insert(number);
    in_doubt.erase(number);
    in_doubt.insert(number + 1);
  }
};

using Cycle = std::vector<Told>;

void hear(Cycle& cycle, const std::string& line) {
  std::istringstream words(line);
  std::string what;
  std::size_t writer = 0;
  int number = 0;
  words >> what >> writer >> number;
  ASSERT_TRUE(words && writer < cycle.size()) << line;
  Told& told = cycle[writer];
  if (what == "written") told.written(number);
  if (what == "removing") told.answered.erase(number), told.in_doubt.insert(number);
  if (what == "removed") told.in_doubt.erase(number);
}

std::string check(const Store& store, const Cycle& cycle) {
  for (const Told& told : cycle) {
    const bool removes = told.ledger.writer == kRemover;  // From one metric, then from the other.
    const auto wrong = removes ? told.ledger.check_each(store, told.answered, told.in_doubt)
                               : told.ledger.check(store, told.answered, told.in_doubt);
    if (!wrong.empty()) return "writer " + std::to_string(told.ledger.writer) + ": " + wrong;
  }
  return "";
}

/// Kills the writers of one file, `cycles` times.
void kill_again_and_again(int cycles, std::mt19937& random) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  std::vector<Cycle> past;
  const auto up_to = [&](int largest) { return std::uniform_int_distribution<>(0, largest)(random); };

  for (int number = 0; number < cycles; ++number) {
    const Habit habit = number % 10 == 9 ? Habit::heavy : number % 3 == 1 ? Habit::reopens : Habit::steady;
    Cycle& cycle = past.emplace_back();
    for (int writer = 0; writer < kWriters; ++writer) cycle.push_back({ledger_of(number, writer, habit)});

    test::ChildProcess process([&](const auto& pipe) { Child(number, habit, url, pipe).run(); });
    // Not before it has answered some batches, or while it opens the file, then at any moment.
    for (int left = up_to(12); left > 0; --left) hear(cycle, process.pipe().hear());
    for (int wait_us = up_to(habit == Habit::heavy ? 250'000 : 5'000); wait_us > 0; wait_us -= 1'000) {
      ::usleep(static_cast<useconds_t>(std::min(wait_us, 1'000)));
      // Lest it waits for us.
      for (pollfd heard{process.pipe().in, POLLIN, 0}; ::poll(&heard, 1, 0) > 0;) hear(cycle, process.pipe().hear());
    }
    process.kill();
    for (std::string line; !(line = process.pipe().hear()).empty();) hear(cycle, line);
    ASSERT_FALSE(testing::Test::HasFailure());

    const Store store = Store::open(url, durable_options());
    ASSERT_TRUE(store.health().healthy);
    ASSERT_EQ(check(store, cycle), "") << "cycle " << number;
  }
  const Store store = Store::open(url, durable_options());
  std::size_t answered = 0;
  for (const Cycle& cycle : past) {
    ASSERT_EQ(check(store, cycle), "") << "when all was over";
    for (const Told& told : cycle) answered += told.answered.size();
  }
  EXPECT_GT(answered, past.size());
}

class KilledProcess : public testing::TestWithParam<int> {};

TEST_P(KilledProcess, LeavesEveryAnsweredBatchWholeAndNoOtherInPart) {
  const unsigned seed = test::seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr int kCyclesOfAFile = 25;
  for (long long left = test::repetitions("TORTURE_KILLS", 200) / 4; left > 0 && !HasFailure();) {
    const int cycles = static_cast<int>(std::min<long long>(left, kCyclesOfAFile));
    kill_again_and_again(cycles, random);
    left -= cycles;
  }
}

INSTANTIATE_TEST_SUITE_P(Quarter, KilledProcess, testing::Range(0, 4));

}  // namespace
}  // namespace luminate
