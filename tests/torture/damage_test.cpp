#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/sqlite_rows.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_disk.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// A store's files are damaged at random, and opened. Whatever comes of it is an Error or an answer. Where a checksum
// covers what was damaged (the inside of segments: ours; the write-ahead log: SQLite's) the answer is the right one,
// and of a log that is damaged or gone the first batches remain, whole. SQLite's own pages and the catalog's rows carry
// no checksum: there only crashes, hangs and other exceptions are refused.
namespace luminate {
namespace {

namespace fs = std::filesystem;
using test::Ledger;

constexpr std::size_t kPage = 4096;
constexpr int kBatches = 12;
constexpr int kBallast = 2'000;  ///< So many doubles that segments overflow from SQLite's leaf pages.

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// The files of a store: the database and its log, if it has one.
struct Files {
  std::string database;
  std::string log;
};

/// What was done to them, and what may then be expected.
struct Damage {
  std::string what;
  enum class Answer {
    right,   ///< Or an error.
    prefix,  ///< Of the batches, or an error.
    any,
  } answer = Answer::any;
};

class DamagedFiles : public testing::Test {
 public:
  DamagedFiles() {
    const auto directory = test::TemporaryDirectory::in_memory();
    const std::string path = (directory.path() / "store.db").string();
    {
      Store store = Store::open("sqlite:" + path, options());
      // Half of the batches are in the database file, the others in the log.
      ballast_.emplace_back();
      for (int number = 0; number < kBatches; ++number) {
        ledger_.write(store, number);
        ballast_.push_back(ledger_.read_ballast(store));
        if (number != kBatches / 2) continue;
        store.close();
        store = Store::open("sqlite:" + path, options());
      }
      logged_ = {read_file(path), read_file(path + "-wal")};
    }
    closed_ = {read_file(path), ""};
    find_covered(test::sqlite_blobs(path, "SELECT data FROM segment"));
  }

  static Options options() {
    Options options = test::timeless_options();
    options.queries.max_result_points = 1'000'000;
    return options;
  }

  std::size_t up_to(std::size_t largest) { return std::uniform_int_distribution<std::size_t>(0, largest)(random_); }

  /// Finds the bytes of the closed database that the checksums of segments cover. A blob lies in one piece within a
  /// page, or its beginning does and the rest in pages that begin with the number of the next one.
  void find_covered(const std::vector<std::string>& blobs) {
    constexpr std::size_t kLink = 4;
    covered_.assign(closed_.database.size(), false);
    const auto cover = [&](std::size_t from, std::size_t size) {
      std::fill_n(covered_.begin() + static_cast<std::ptrdiff_t>(from), size, true);
    };
    for (const std::string& blob : blobs) {
      if (const auto found = closed_.database.find(blob); found != std::string::npos) {
        cover(found, blob.size());
        continue;
      }
      for (std::size_t page = 0; page < closed_.database.size(); page += kPage) {
        const std::size_t at = blob.find(closed_.database.substr(page + kLink, 64));
        if (at != std::string::npos) cover(page + kLink, std::min(kPage - kLink, blob.size() - at));
      }
    }
  }

  bool covers_page(std::size_t page) const {
    return std::all_of(covered_.begin() + static_cast<std::ptrdiff_t>(page * kPage + 4),
                       covered_.begin() + static_cast<std::ptrdiff_t>((page + 1) * kPage),
                       [](bool yes) { return yes; });
  }

  Damage flip_bits(Files& files) {
    const std::size_t at = up_to(files.database.size() - 1);
    files.database[at] = static_cast<char>(files.database[at] ^ (1 << up_to(7)));
    return {"a bit of byte " + std::to_string(at), covered_[at] ? Damage::Answer::right : Damage::Answer::any};
  }
  Damage flip_covered_bits(Files& files) {
    std::size_t at = 0;
    do at = up_to(files.database.size() - 1);
    while (!covered_[at]);
    files.database[at] = static_cast<char>(files.database[at] ^ (1 << up_to(7)));
    return {"a bit of byte " + std::to_string(at) + ", of a segment", Damage::Answer::right};
  }
  Damage swap_pages(Files& files) {
    const std::size_t pages = files.database.size() / kPage;
    const std::size_t one = up_to(pages - 1);
    const std::size_t other = up_to(pages - 1);
    for (std::size_t i = 0; i < kPage; ++i)
      std::swap(files.database[one * kPage + i], files.database[other * kPage + i]);
    const bool covered = one == other || (covers_page(one) && covers_page(other));
    return {"pages " + std::to_string(one) + " and " + std::to_string(other) + " swapped",
            covered ? Damage::Answer::right : Damage::Answer::any};
  }
  Damage garble_page(Files& files) {
    const std::size_t page = up_to(files.database.size() / kPage - 1);
    const bool zeros = up_to(1) == 0;
    for (std::size_t i = 0; i < kPage; ++i)
      files.database[page * kPage + i] = zeros ? '\0' : static_cast<char>(random_());
    return {"page " + std::to_string(page) + (zeros ? " zeroed" : " overwritten"), Damage::Answer::any};
  }
  Damage truncate(Files& files) {
    // Not to nothing: that is what a new store looks like.
    const std::size_t size = 1 + up_to(files.database.size() - 2);
    files.database.resize(size);
    return {"cut to " + std::to_string(size) + " bytes", Damage::Answer::right};
  }
  Damage lose_log(Files& files) {
    files.log.clear();
    return {"the log is gone", Damage::Answer::prefix};
  }
  Damage cut_log(Files& files) {
    files.log.resize(up_to(files.log.size()));
    return {"the log is cut to " + std::to_string(files.log.size()), Damage::Answer::prefix};
  }
  Damage flip_log(Files& files) {
    const std::size_t at = up_to(files.log.size() - 1);
    files.log[at] = static_cast<char>(files.log[at] ^ (1 << up_to(7)));
    return {"a bit of byte " + std::to_string(at) + " of the log", Damage::Answer::prefix};
  }
  Damage swap_log(Files& files) {
    constexpr std::size_t kHeader = 32;
    constexpr std::size_t kFrame = kPage + 24;
    const std::size_t frames = (files.log.size() - kHeader) / kFrame;
    const std::size_t one = kHeader + up_to(frames - 1) * kFrame;
    const std::size_t other = kHeader + up_to(frames - 1) * kFrame;
    for (std::size_t i = 0; i < kFrame; ++i) std::swap(files.log[one + i], files.log[other + i]);
    return {"frames of the log swapped", Damage::Answer::prefix};
  }

  void check(const Damage& damage, const Files& files);
  Ledger::Numbers read_all(const Store& store, std::string& wrong) const;

  const unsigned seed_ = test::seed();
  std::mt19937_64 random_{seed_};
  test::NoSync no_sync_;
  const test::TestDisk disk_{no_sync_};
  const Ledger ledger_{.ballast = kBallast};
  Files closed_;
  Files logged_;
  std::vector<bool> covered_;
  std::vector<std::vector<double>> ballast_;  ///< After so many batches.
  long long errors_ = 0;
  long long right_ = 0;
  long long unnoticed_ = 0;
};

Ledger::Numbers DamagedFiles::read_all(const Store& store, std::string& wrong) const {
  Ledger::Numbers first;
  wrong = ledger_.read(store, 0, first);
  Ledger::Numbers second;
  if (wrong.empty()) wrong = ledger_.read(store, 1, second);
  if (wrong.empty() && first != second) wrong = test::text(first) + " of one metric, " + test::text(second);
  const std::vector<double> ballast = ledger_.read_ballast(store);
  if (wrong.empty() && ballast != ballast_.at(first.size())) wrong = "other ballast";
  for (const std::string& metric : store.metrics()) {
    for (const std::string& key : store.dimension_keys(metric)) (void)store.dimension_values(metric, key);
  }
  return first;
}

void DamagedFiles::check(const Damage& damage, const Files& files) {
  const auto directory = test::TemporaryDirectory::in_memory();
  const std::string path = (directory.path() / "store.db").string();
  write_file(path, files.database);
  if (!files.log.empty()) write_file(path + "-wal", files.log);
  try {
    Store store = Store::open("sqlite:" + path, options());
    try {
      std::string wrong;
      const Ledger::Numbers found = read_all(store, wrong);
      const bool prefix = found.empty() || *found.rbegin() + 1 == static_cast<int>(found.size());
      if (wrong.empty() && !prefix) wrong = "batches " + test::text(found);
      if (wrong.empty() && damage.answer != Damage::Answer::prefix && found.size() != kBatches) {
        wrong = "only " + test::text(found);
      }
      if (damage.answer == Damage::Answer::any) {
        ++(wrong.empty() ? right_ : unnoticed_);
      } else {
        ASSERT_EQ(wrong, "");
        ++right_;
      }
    } catch (const Error& error) {
      ++errors_;
      // Damage is said to be damage, and where. A header that is no SQLite header is a foreign file.
      EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
      EXPECT_GT(std::string(error.what()).size(), 20u) << error.what();
    }
    // Whatever these say, they come back.
    for (const auto& change : std::vector<std::function<void()>>{
             [&] { ledger_.write(store, 50); }, [&] { ledger_.remove(store, 1); }, [&] { store.compact(); },
             [&] { (void)store.statistics(); }, [&] { (void)store.health(); }}) {
      try {
        change();
      } catch (const Error&) {
      }
    }
  } catch (const Error& error) {
    ++errors_;
    EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
  }
}

TEST_F(DamagedFiles, GiveTheRightAnswerOrAnErrorWhereAChecksumCoversThem) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  using Act = Damage (DamagedFiles::*)(Files&);
  constexpr std::array<Act, 5> kOnClosed = {&DamagedFiles::flip_bits, &DamagedFiles::flip_covered_bits,
                                            &DamagedFiles::swap_pages, &DamagedFiles::garble_page,
                                            &DamagedFiles::truncate};
  constexpr std::array<Act, 4> kOnLogged = {&DamagedFiles::lose_log, &DamagedFiles::cut_log, &DamagedFiles::flip_log,
                                            &DamagedFiles::swap_log};
  const long long images = test::repetitions("TORTURE_DAMAGES", 1'000);
  for (long long i = 0; i < images && !HasFailure(); ++i) {
    const bool logged = i % 3 == 2;
    Files files = logged ? logged_ : closed_;
    const Act act = logged ? kOnLogged[up_to(kOnLogged.size() - 1)] : kOnClosed[up_to(kOnClosed.size() - 1)];
    const Damage damage = (this->*act)(files);
    SCOPED_TRACE(damage.what);
    check(damage, files);
  }
  // Of each there must have been some, or this test sees nothing.
  EXPECT_GT(errors_, 0);
  EXPECT_GT(right_, 0);
  RecordProperty("errors", static_cast<int>(errors_));
  RecordProperty("right", static_cast<int>(right_));
  RecordProperty("unnoticed", static_cast<int>(unnoticed_));
}

}  // namespace
}  // namespace luminate
