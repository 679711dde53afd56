#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/disk_faults.hpp"
#include "support/temporary_directory.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// Each workload is run again and again, and each time another call to the disk fails, by itself or with all that
// follow. What was answered is there afterwards, whole; what was not, is there whole or not at all; and the same store
// works again as soon as the disk does.
namespace luminate {
namespace {

namespace fs = std::filesystem;
using test::DiskFaults;
using test::Ledger;

constexpr int kPrepared = 7;  ///< Batches that each store holds before.
const Ledger kLedger{.ballast = 20};

/// A store on a disk that fails, and what it said.
class World {
 public:
  explicit World(const fs::path& prepared) {
    for (const auto& entry : fs::directory_iterator(prepared)) {
      fs::copy(entry.path(), directory_.path() / entry.path().filename());
    }
    if (fs::exists(path())) {
      for (int number = 0; number < kPrepared; ++number) answered_.insert(number);
    }
  }

  fs::path path() const { return directory_.path() / "store.db"; }
  static Options options() {
    Options options = test::timeless_options();
    options.durability = Durability::full;
    return options;
  }

  /// Runs a call that may fail: as it should, with a luminate::Error about the storage.
  bool attempt(const std::function<void()>& call) {
    try {
      call();
      return true;
    } catch (const Error& error) {
      const std::lock_guard lock(mutex_);
      if (error.code() != ErrorCode::storage_unavailable)
        wrong_ = "a disk that fails makes this: " + std::string(error.what());
      ++failures_;
      return false;
    }
  }

  bool open() {
    store_.reset();
    return attempt([&] { store_ = std::make_unique<Store>(Store::open("sqlite:" + path().string(), options())); });
  }
  void close() { store_.reset(); }

  void write(int number, bool as_json = false) {
    if (store_ == nullptr) return;
    {
      const std::lock_guard lock(mutex_);
      in_doubt_.insert(number);
    }
    const bool done = attempt([&] {
      if (as_json) {
        store_->write_json(ledger_.json(number));
      } else {
        ledger_.write(*store_, number);
      }
    });
    const std::lock_guard lock(mutex_);
    if (done) answered_.insert(number);
  }

  void remove(int number) {
    if (store_ == nullptr) return;
    answered_.erase(number);
    in_doubt_.insert(number);
    if (attempt([&] { ledger_.remove(*store_, number); })) in_doubt_.erase(number);
  }

  void compact() {
    if (store_ != nullptr) attempt([&] { store_->compact(); });
  }

  /// Drops the ballast, which no check looks at.
  void enforce_retention() {
    if (store_ == nullptr) return;
    attempt([&] { store_->set_retention({"*_ballast", std::chrono::milliseconds(1)}); });
    attempt([&] { store_->enforce_retention(); });
  }

  /// Reads in every way. What is answered must be right.
  void read() {
    if (store_ == nullptr) return;
    attempt([&] { note(check_batches()); });
    const auto length = static_cast<std::size_t>(Ledger::kMetrics);
    attempt([&] { expect(store_->metrics().size() >= length, "other metrics"); });
    attempt([&] { expect(store_->dimension_keys("m_a").size() == 2, "other dimensions"); });
    attempt([&] { expect(store_->dimension_values("m_a", "generation").size() >= 3, "other values"); });
    attempt([&] { expect(store_->series_count("m_a") >= 3, "another number of series"); });
    const auto all = [](Query query) { return query.between(test::kStart, test::kStart + 86'400'000); };
    attempt([&] { expect(store_->query(all(Query::range("m_a"))).range().value_column.size() >= 4, "other samples"); });
    attempt([&] { expect(!store_->query(all(Query::rate("m_a"))).rate().rows.empty(), "no rate"); });
    (void)store_->health();
  }

  /// The disk is well again. @returns what is wrong, or "".
  std::string check() {
    if (!wrong_.empty()) return wrong_;
    if (store_ == nullptr && !open()) return "it does not open: " + wrong_;
    if (auto wrong = check_store(); !wrong.empty()) return wrong;
    const int before = failures_;
    for (const int number : {500, 501}) write(number);
    if (failures_ != before) return "writes still fail";
    if (!store_->health().healthy) return "it still says that it is not well";
    if (auto wrong = check_store(); !wrong.empty()) return "after another write: " + wrong;
    if (!open()) return "it does not open again";
    if (auto wrong = check_store(); !wrong.empty()) return "opened again: " + wrong;
    return "";
  }

  Store* store() { return store_.get(); }

 private:
  std::string check_batches() const { return ledger_.check_each(*store_, answered_, in_doubt_); }
  std::string check_store() const {
    try {
      return check_batches();
    } catch (const Error& error) {
      return error.what();
    }
  }
  void expect(bool right, const char* otherwise) { note(right ? "" : otherwise); }
  void note(const std::string& wrong) {
    const std::lock_guard lock(mutex_);
    if (!wrong.empty()) wrong_ = wrong;
  }

  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
  const Ledger ledger_ = kLedger;
  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  Ledger::Numbers answered_;
  Ledger::Numbers in_doubt_;
  std::string wrong_;
  int failures_ = 0;
};

struct Workload {
  friend void PrintTo(const Workload& workload, std::ostream* out) { *out << workload.name; }

  const char* name;
  bool on_new_file;
  std::function<void(World&)> prepare;  ///< While the disk is well.
  std::function<void(World&)> run;
};

void nothing(World&) {}
void open_it(World& world) {
  world.open();
}

void write_together(World& world) {
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&world, writer] {
      for (int i = 0; i < 2; ++i) world.write(100 + writer + 3 * i);
    });
  }
}

/// What a day may bring, in any order.
void do_anything(World& world, unsigned seed) {
  std::mt19937 random(seed);
  int next = 100;
  for (int step = 0; step < 8; ++step) {
    switch (std::uniform_int_distribution<>(0, 8)(random)) {
      case 0:
      case 1:
        world.write(next++);
        break;
      case 2:
        world.write(next++, true);
        break;
      case 3:
        world.remove(std::uniform_int_distribution<>(0, kPrepared - 1)(random));
        break;
      case 4:
        world.read();
        break;
      case 5:
        world.open();
        break;
      case 6:
        world.compact();
        break;
      case 7:
        world.enforce_retention();
        break;
      default:
        world.close();
        world.open();
        break;
    }
  }
}

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      {"OpenNew", true, nothing, [](World& world) { world.open(), world.write(0); }},
      {"OpenExisting", false, nothing, open_it},
      {"OpenReadOnly", false, open_it,
       [](World& world) {
         world.attempt([&] { (void)Store::open("sqlite:" + world.path().string() + "?mode=ro").metrics(); });
       }},
      {"Write", false, open_it, [](World& world) { world.write(100), world.write(101), world.write(103); }},
      {"WriteJson", false, open_it, [](World& world) { world.write(100, true), world.write(101, true); }},
      {"WriteTogether", false, open_it, write_together},
      {"Read", false, open_it, [](World& world) { world.read(); }},
      {"ReadWhatWasWritten", false, open_it, [](World& world) { world.write(100), world.read(); }},
      {"Remove", false, open_it, [](World& world) { world.remove(2), world.remove(5); }},
      {"Compact", false, open_it, [](World& world) { world.write(100), world.compact(); }},
      {"EnforceRetention", false, open_it, [](World& world) { world.enforce_retention(); }},
      {"Close", false, [](World& world) { world.open(), world.write(100); }, [](World& world) { world.close(); }},
  };
  return all;
}

/// A closed store with some batches, or an empty directory.
class Prepared {
 public:
  Prepared() {
    fs::create_directory(fs::path(empty()));
    fs::create_directory(fs::path(full()));
    Store store = Store::open("sqlite:" + (full() / "store.db").string(), World::options());
    for (int number = 0; number < kPrepared; ++number) kLedger.write(store, number);
  }
  fs::path empty() const { return directory_.path() / "empty"; }
  fs::path full() const { return directory_.path() / "full"; }

 private:
  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
};

constexpr std::array kKinds = {DiskFaults::Kind::io_error, DiskFaults::Kind::full, DiskFaults::Kind::short_write,
                               DiskFaults::Kind::sync_error};

/// Every `stride`-th point of a workload, with each kind of fault, once and from then on.
void fail_everywhere(const Workload& workload, int stride) {
  DiskFaults disk;
  const test::TestDisk installed(disk);
  const Prepared prepared;
  int failed = 0;
  for (const DiskFaults::Kind kind : kKinds) {
    for (const bool from_then_on : {false, true}) {
      for (int call = 1;; call += stride) {
        World world(workload.on_new_file ? prepared.empty() : prepared.full());
        workload.prepare(world);
        disk.arm(kind, call, from_then_on);
        workload.run(world);
        disk.heal();
        failed += disk.failures();
        ASSERT_EQ(world.check(), "") << workload.name << ": fault " << static_cast<int>(kind) << " at call " << call
                                     << (from_then_on ? " and from then on" : "");
        if (disk.failures() == 0) break;
      }
    }
  }
  EXPECT_GT(failed, 0);
}

class FailingDisk : public testing::TestWithParam<Workload> {};

TEST_P(FailingDisk, LosesNothingAndTearsNothingAndIsGotOver) {
  fail_everywhere(GetParam(), test::kSanitizerDivisor);
}

INSTANTIATE_TEST_SUITE_P(Workloads, FailingDisk, testing::ValuesIn(workloads()),
                         [](const auto& workload) { return std::string(workload.param.name); });

TEST(FailingDiskAtRandom, LosesNothingAndTearsNothingAndIsGotOver) {
  unsigned seed = test::seed();
  for (long long left = test::repetitions("TORTURE_WORKLOADS", 3); left > 0 && !HasFailure(); --left, ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    fail_everywhere({"random", false, open_it, [&](World& world) { do_anything(world, seed); }},
                    test::kSanitizerDivisor);
  }
}

}  // namespace
}  // namespace luminate
