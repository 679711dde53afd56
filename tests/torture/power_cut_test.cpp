#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/disk_faults.hpp"
#include "support/recorded_disk.hpp"
#include "support/temporary_directory.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// A run of a store is recorded as what it did to the disk. Then the power is cut, again and again, at any moment of
// that run, on a disk that forgets, reorders and tears whatever was not synced (CutDisk says how), and what is left is
// opened.
namespace luminate {
namespace {

using test::Ledger;

/// A moment at which the store said something about a batch.
struct Mark {
  std::size_t event;
  enum class Kind { asked, answered, removal_asked, removed } kind;
  int number;
};

/// A store that runs on a disk that is recorded.
class Recording {
 public:
  explicit Recording(Durability durability, Ledger ledger = {}) : ledger_(std::move(ledger)) {
    options_ = test::timeless_options();
    options_.durability = durability;
    options_.writes.max_batch_size = 1'000'000;
  }

  /// Runs `work` and keeps what it did.
  void record(const std::function<void(Recording&)>& work) {
    const test::TestDisk disk(recorder_);
    open();
    work(*this);
    store_.reset();
  }

  void open() {
    store_.reset();
    store_ = std::make_unique<Store>(Store::open("sqlite:" + (directory_.path() / "store.db").string(), options_));
  }
  void write(int number) {
    mark(Mark::Kind::asked, number);
    try {
      ledger_.write(*store_, number);
    } catch (const Error&) {
      if (faults_.failures() == 0) throw;  // Else it is in doubt for ever.
      return;
    }
    mark(Mark::Kind::answered, number);
  }
  void remove(int number) {
    mark(Mark::Kind::removal_asked, number);
    ledger_.remove(*store_, number);
    mark(Mark::Kind::removed, number);
  }

  const std::vector<test::DiskEvent>& events() const { return recorder_.events(); }
  const std::vector<Mark>& marks() const { return marks_; }
  const Ledger& ledger() const { return ledger_; }
  const Options& options() const { return options_; }
  test::DiskFaults& faults() { return faults_; }
  Store& store() { return *store_; }

 private:
  void mark(Mark::Kind kind, int number) {
    const std::lock_guard lock(mutex_);
    marks_.push_back({recorder_.now(), kind, number});
  }

  Ledger ledger_;
  Options options_;
  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
  test::DiskFaults faults_;
  test::DiskRecorder recorder_{&faults_};
  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::vector<Mark> marks_;  // Guarded by mutex_ while it is recorded.
};

/// What a store may hold when its power was cut before an event.
struct Expectation {
  Ledger::Numbers must;
  Ledger::Numbers may;
};

Expectation expect_at(const Recording& run, std::size_t event) {
  Expectation expected;
  const bool full = run.options().durability == Durability::full;
  for (const Mark& mark : run.marks()) {
    // What was marked between two events happened before the second one.
    if (mark.event > event) break;
    switch (mark.kind) {
      case Mark::Kind::asked:
        expected.may.insert(mark.number);
        break;
      case Mark::Kind::answered:
        if (full) expected.must.insert(mark.number);
        break;
      case Mark::Kind::removal_asked:
        expected.must.erase(mark.number);
        break;
      case Mark::Kind::removed:
        if (full) expected.may.erase(mark.number);
        break;
    }
  }
  return expected;
}

/// "" when the numbers are the first ones of those asked for, in their order. A write that failed may be left out.
std::string check_prefix(const Recording& run, const Ledger::Numbers& found) {
  std::size_t left = found.size();
  Ledger::Numbers answered;
  for (const Mark& mark : run.marks()) {
    if (mark.kind == Mark::Kind::answered) answered.insert(mark.number);
  }
  for (const Mark& mark : run.marks()) {
    if (mark.kind != Mark::Kind::asked) continue;
    if (!answered.contains(mark.number) && !found.contains(mark.number)) continue;
    if (found.contains(mark.number)) {
      --left;
    } else {
      return left == 0 ? "" : "batch " + std::to_string(mark.number) + " is missing, but later ones are there";
    }
  }
  return "";
}

struct Checks {
  bool in_order = false;     ///< What is there is a prefix of what was written: one writer, no deletions.
  bool both_metrics = true;  ///< Deletions go metric by metric: in between the two differ.
};

std::string check_image(const Recording& run, const Expectation& expected, const std::filesystem::path& directory,
                        const Checks& checks) {
  constexpr int kNext = 90'000;
  Store store = Store::open("sqlite:" + (directory / "store.db").string(), run.options());
  std::string wrong;
  for (int which = 0; which < Ledger::kMetrics && wrong.empty(); ++which) {
    Ledger::Numbers found;
    wrong = run.ledger().read(store, which, found);
    if (wrong.empty() && !std::ranges::includes(found, expected.must)) {
      wrong = "only " + test::text(found) + " of " + test::text(expected.must) + " are there";
    }
    if (wrong.empty() && !std::ranges::includes(expected.may, found)) {
      wrong = test::text(found) + " are there, of " + test::text(expected.may) + " that may be";
    }
    if (wrong.empty() && checks.in_order) wrong = check_prefix(run, found);
    if (wrong.empty() && checks.both_metrics) wrong = run.ledger().check(store, found);
  }
  if (!wrong.empty()) return wrong;
  run.ledger().write(store, kNext);
  Ledger::Numbers found;
  wrong = run.ledger().read(store, 0, found);
  return wrong.empty() && !found.contains(kNext) ? "what is written now is not found" : wrong;
}

/// Cuts the power `images` times.
void cut(const Recording& run, long long images, const Checks& checks) {
  constexpr long long kImagesOfAReplay = 25;
  std::mt19937_64 random(test::seed());
  test::NoSync no_sync;
  const test::TestDisk disk(no_sync);
  for (long long done = 0; done < images && !testing::Test::HasFailure(); done += kImagesOfAReplay) {
    const auto replay_seed = random();
    test::CutDisk cut(run.events(), replay_seed);
    std::vector<std::size_t> moments(static_cast<std::size_t>(std::min(kImagesOfAReplay, images - done)));
    for (auto& moment : moments) {
      moment = std::uniform_int_distribution<std::size_t>(0, run.events().size())(random);
    }
    std::ranges::sort(moments);
    for (const std::size_t moment : moments) {
      const auto directory = test::TemporaryDirectory::in_memory();
      cut.advance(moment);
      cut.write_image(directory.path());
      std::string wrong;
      try {
        wrong = check_image(run, expect_at(run, moment), directory.path(), checks);
      } catch (const Error& error) {
        wrong = error.what();
      }
      ASSERT_EQ(wrong, "") << "cut before event " << moment << " of " << run.events().size() << ", replay seed "
                           << replay_seed;
    }
  }
}

/// A file that is made, written, closed, opened and written again, so that its log begins anew more than once.
void write_and_reopen(Recording& run) {
  int number = 0;
  for (int opened = 0; opened < 3; ++opened) {
    if (opened > 0) run.open();
    for (int i = 0; i < 10; ++i) run.write(number++);
  }
}

/// The same data again and again in other segments.
void write_and_merge(Recording& run) {
  for (int number = 0; number < 30; ++number) {
    run.write(number);
    if (number % 4 == 3) run.store().compact();
    if (number % 10 == 9) run.open();
  }
}

/// The log is folded into the file while it is written, and begins again.
void fill_the_log(Recording& run) {
  for (int number = 0; number < 75; ++number) run.write(number);
}

/// Several callers at once, and deletions between them.
void write_together_and_remove(Recording& run) {
  constexpr int kWriters = 3;
  constexpr int kBatches = 8;
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&run, writer] {
      for (int i = 0; i < kBatches; ++i) run.write(i * kWriters + writer);
      for (int i = 0; i < kBatches; i += 2) run.remove(i * kWriters + writer);
      run.store().compact();
    });
  }
}

TEST(PowerCut, LeavesEveryAnsweredBatchWhenDurabilityIsFull) {
  Recording run(Durability::full);
  run.record(write_and_reopen);
  cut(run, test::repetitions("TORTURE_CUTS", 200), {.in_order = true});
}

TEST(PowerCut, LeavesEveryAnsweredBatchWhileSegmentsAreMerged) {
  Recording run(Durability::full);
  run.record(write_and_merge);
  cut(run, test::repetitions("TORTURE_CUTS", 150), {.in_order = true});
}

TEST(PowerCut, LeavesTheFirstBatchesWholeWhileSegmentsAreMergedWhenDurabilityIsNormal) {
  Recording run(Durability::normal);
  run.record(write_and_merge);
  cut(run, test::repetitions("TORTURE_CUTS", 100), {.in_order = true});
}

TEST(PowerCut, LeavesTheFirstBatchesWholeWhenDurabilityIsNormal) {
  Recording run(Durability::normal);
  run.record(write_and_reopen);
  cut(run, test::repetitions("TORTURE_CUTS", 150), {.in_order = true});
}

TEST(PowerCut, SparesALogThatIsBeingFoldedIntoTheFileWhenDurabilityIsFull) {
  Recording run(Durability::full, {.ballast = 50'000});
  run.record(fill_the_log);
  cut(run, test::repetitions("TORTURE_LARGE_CUTS", 50), {.in_order = true});
}

TEST(PowerCut, SparesALogThatIsBeingFoldedIntoTheFileWhenDurabilityIsNormal) {
  Recording run(Durability::normal, {.ballast = 50'000});
  run.record(fill_the_log);
  cut(run, test::repetitions("TORTURE_LARGE_CUTS", 50), {.in_order = true});
}

TEST(PowerCut, LeavesWhatConcurrentCallersWereToldAboutBatchesAndDeletions) {
  Recording run(Durability::full);
  run.record(write_together_and_remove);
  cut(run, test::repetitions("TORTURE_CUTS", 200), {.both_metrics = false});
}

/// A sync that fails may have lost what it was to bring, and the next one does not bring it either: what is answered
/// afterwards must not build on it.
TEST(PowerCut, LeavesEveryAnsweredBatchAfterSyncsThatFailed) {
  Recording run(Durability::full);
  run.record([](Recording& recorded) {
    for (int number = 0; number < 30; ++number) {
      if (number % 5 == 2) recorded.faults().arm(test::DiskFaults::Kind::sync_error, 1, false);
      recorded.write(number);
      recorded.faults().heal();
      if (number == 15) recorded.open();
    }
  });
  cut(run, test::repetitions("TORTURE_CUTS", 100), {});
}

/// The log is synced only before it is folded into the file. When that fails, what the log holds may never reach the
/// disk, so that the file must not be changed on the strength of it.
TEST(PowerCut, SparesTheFileWhenTheLogCouldNotBeSynced) {
  Recording run(Durability::normal, {.ballast = 50'000});
  run.record([](Recording& recorded) {
    for (int number = 0; number < 190; ++number) {
      if (number == 70) recorded.faults().arm(test::DiskFaults::Kind::sync_error, 1, false);
      recorded.write(number);
    }
    ASSERT_EQ(recorded.faults().failures(), 1);
  });
  cut(run, test::repetitions("TORTURE_LARGE_CUTS", 40), {.in_order = true});
}

}  // namespace
}  // namespace luminate
