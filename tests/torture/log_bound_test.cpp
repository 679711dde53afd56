#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_disk.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

namespace luminate {
namespace {

using namespace std::chrono_literals;
using test::Ledger;

constexpr std::int64_t kMiB = 1'048'576;

thread_local bool reads_slowly = false;

/// A disk on which syncs and some threads' reads take their time, as they do outside of tests: a writer at full speed
/// waits most of its time, and the snapshots of readers last. Watches how long the write-ahead log gets.
class SlowDisk : public test::DiskObserver {
 public:
  Verdict before(const test::DiskCall& call) override {
    if (call.kind == test::DiskCall::Kind::sync) {
      std::this_thread::sleep_for(25ms);
      return {.pretend = true};
    }
    if (call.kind == test::DiskCall::Kind::read && reads_slowly) std::this_thread::sleep_for(200us);
    return {};
  }
  void after(const test::DiskCall& call) override {
    if (call.kind != test::DiskCall::Kind::write || !call.path.ends_with("-wal")) return;
    if (call.offset == 0) ++beginnings_;
    const auto end = call.offset + static_cast<std::int64_t>(call.data.size());
    longest_ = std::max(longest_.load(), end);  // One writer.
  }

  int beginnings() const { return beginnings_; }
  std::int64_t longest() const { return longest_; }

 private:
  std::atomic<int> beginnings_ = 0;
  std::atomic<std::int64_t> longest_ = 0;
};

TEST(WriteAheadLog, StaysBoundedWhileReadersOverlap) {
  // 32 MiB by design, and what is committed in one go; the rest is for machines that are slow for a moment.
  constexpr std::int64_t kBound = 64 * kMiB;
  constexpr int kReaders = 3;
  const auto start = std::chrono::steady_clock::now();
  const auto length = std::chrono::seconds(test::repetitions("TORTURE_LOG_SECONDS", 30));
  SlowDisk slow;
  const test::TestDisk disk(slow);
  const auto directory = test::TemporaryDirectory::in_memory();
  Options options = test::timeless_options();
  options.durability = Durability::full;
  options.writes.max_batch_size = 1'000'000;
  Store store = Store::open("sqlite:" + (directory.path() / "store.db").string(), options);
  const Ledger ledger{.ballast = 50'000};
  const Batch batch = ledger.batch(0);  // The same each time: the log grows all the same, and this test is cheap.
  store.write(batch);

  std::atomic<bool> over = false;
  std::atomic<int> reads = 0;
  std::atomic<int> snapshots = 0;
  std::atomic<int> overlapping = 0;
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&] {
      reads_slowly = true;
      while (!over) {
        if (++snapshots > 1) ++overlapping;
        (void)ledger.read_ballast(store);
        --snapshots;
        ++reads;
      }
    });
  }
  constexpr int kKept =
      3;  // Batches, so that the file does not grow, and reads end before the writer gives up on them.
  int written = 1;
  // On a machine that is slow, until the log has begun again a few times.
  const auto goes_on = [&] {
    const auto taken = std::chrono::steady_clock::now() - start;
    return taken < length || (slow.beginnings() < 3 && taken < 5 * length);
  };
  for (; goes_on(); ++written) {
    store.write(batch);
    if (written % kKept == 0) store.remove({.metric = ledger.name + "_ballast"});
  }
  over = true;
  readers.clear();
  EXPECT_LE(slow.longest(), kBound);
  EXPECT_GT(reads, 0);
  EXPECT_GT(overlapping, 0);
  EXPECT_GT(slow.beginnings(), 1) << "the log never began again after " << written << " batches";
  RecordProperty("longest_mib", static_cast<int>(slow.longest() / kMiB));
  RecordProperty("beginnings", slow.beginnings());
  RecordProperty("batches", written);
  RecordProperty("reads", reads);
  RecordProperty("overlapping", overlapping);
}

}  // namespace
}  // namespace luminate
