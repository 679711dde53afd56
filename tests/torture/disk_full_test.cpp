#include <gtest/gtest.h>
#include <sqlite3.h>
#include <luminate/store.hpp>

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_disk.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// A disk with so much room and no more: what is there may be overwritten, files may not grow. Reads go on, writes say
// what is wrong, and once there is room the same store works, without being opened again.
// (tests/store/disk_full_test.cpp does the like by the limit that the system sets for files.)
namespace luminate {
namespace {

using test::Ledger;

class SmallDisk : public test::DiskObserver {
 public:
  /// What files may grow by, in all, from now on.
  void set_room(std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    room_ = bytes;
  }

  Verdict before(const test::DiskCall& call) override {
    using Kind = test::DiskCall::Kind;
    if (call.kind == Kind::sync) return {.pretend = true};
    if (call.kind != Kind::write) return {};
    const std::lock_guard lock(mutex_);
    const std::int64_t growth = call.offset + std::ssize(call.data) - sizes_[std::string(call.path)];
    return {.code = growth > room_ ? SQLITE_FULL : SQLITE_OK};
  }

  void after(const test::DiskCall& call) override {
    using Kind = test::DiskCall::Kind;
    const std::lock_guard lock(mutex_);
    std::int64_t& size = sizes_[std::string(call.path)];
    const std::int64_t before = size;
    if (call.kind == Kind::write) size = std::max(size, call.offset + std::ssize(call.data));
    if (call.kind == Kind::truncate) size = call.offset;
    if (call.kind == Kind::remove) size = 0;
    if (room_ != std::numeric_limits<std::int64_t>::max()) room_ -= size - before;
  }

 private:
  std::mutex mutex_;
  std::int64_t room_ = std::numeric_limits<std::int64_t>::max();  // Guarded by mutex_, like what follows.
  std::map<std::string, std::int64_t> sizes_;
};

class FullDisk : public testing::Test {
 protected:
  FullDisk() {
    options_.writes.max_batch_size = 100'000;
    options_.queries.max_result_points = 1'000'000;
    options_.compaction = false;  // Merges need room too, and may take the little that a test gives to a write.
    open();
  }
  void open() {
    store_.reset();
    store_ = std::make_unique<Store>(Store::open("sqlite:" + (directory_.path() / "store.db").string(), options_));
  }
  /// Writes until the disk is full. @returns what the store says then.
  std::string fill() {
    std::string said;
    while (said.empty() && next_ < 10'000) {
      said = test::message_of([&] { ledger_.write(*store_, next_); });
      if (said.empty()) answered_.insert(next_);
      ++next_;
    }
    return said;
  }
  std::string check() const { return ledger_.check(*store_, answered_); }

  SmallDisk small_;
  const test::TestDisk disk_{small_};
  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
  Options options_ = test::timeless_options();
  Ledger ledger_{.ballast = 5'000};
  std::unique_ptr<Store> store_;
  Ledger::Numbers answered_;
  int next_ = 0;
};

TEST_F(FullDisk, LetsReadsGoOnAndWritesAsSoonAsThereIsRoom) {
  for (long long round = test::repetitions("TORTURE_FULL_DISKS", 10 * test::kSanitizerDivisor); round > 0; --round) {
    small_.set_room(700'000 + round * 1'000);
    const std::string said = fill();
    EXPECT_NE(said.find("disk is full"), std::string::npos) << said;
    for (int attempt = 0; attempt < 3; ++attempt) {
      ASSERT_EQ(check(), "");
      ASSERT_EQ(store_->query(Query::range("m_a").between(test::kStart, test::kNow)).range().value_column.size(),
                answered_.size() * static_cast<std::size_t>(ledger_.points));
      ASSERT_EQ(test::error_of([&] { ledger_.write(*store_, next_++); }), "STORAGE_UNAVAILABLE");
    }
    // As much room as one write takes: some 25 pages in the log.
    small_.set_room(200'000);
    ASSERT_EQ(test::error_of([&] { ledger_.write(*store_, next_); }), "");
    answered_.insert(next_++);
    ASSERT_EQ(check(), "");
  }
}

TEST_F(FullDisk, IsOpenedAndReadAndClosedWithoutRoom) {
  small_.set_room(1'000'000);
  EXPECT_NE(fill(), "");
  small_.set_room(0);
  open();
  EXPECT_EQ(check(), "");
  EXPECT_EQ(test::error_of([&] { ledger_.write(*store_, next_++); }), "STORAGE_UNAVAILABLE");
  open();
  EXPECT_EQ(check(), "");
  small_.set_room(1'000'000);
  EXPECT_EQ(test::error_of([&] { ledger_.write(*store_, next_); }), "");
}

/// What is deleted is noted in the log first, so that a deletion takes room too, though far less than what it frees.
TEST_F(FullDisk, DeletesWithLittleRoomAndNotAtAllWithNone) {
  small_.set_room(3'000'000);
  EXPECT_NE(fill(), "");
  const auto ballast = [&] { return ledger_.read_ballast(*store_).at(0); };
  const Deletion half{.metric = "m_ballast", .time_range = {0, test::kStart + next_ / 2 * ledger_.ballast}};
  small_.set_room(0);
  const double before = ballast();
  EXPECT_EQ(test::error_of([&] { store_->remove(half); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(ballast(), before);
  small_.set_room(200'000);
  EXPECT_EQ(test::error_of([&] { store_->remove(half); }), "");
  EXPECT_EQ(ballast(), before - next_ / 2 * ledger_.ballast);
  EXPECT_EQ(check(), "");
}

}  // namespace
}  // namespace luminate
