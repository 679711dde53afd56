#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace luminate {
namespace {

/// How large a file of this process may grow: a disk that fills up.
void limit_files(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

/// Samples that do not compress, in two metrics, with series that are new in each batch.
Batch large_batch(int number) {
  std::mt19937_64 random(static_cast<std::uint64_t>(number));
  Batch batch;
  for (const char* metric : {"a", "b"}) {
    const auto series = batch.series(metric, {{"batch", std::to_string(number)}});
    for (int i = 0; i < 1'000; ++i) {
      batch.add(series, test::kStart + i, std::uniform_real_distribution<double>(-1, 1)(random));
    }
  }
  return batch;
}

std::uint64_t count(const Store& store, const std::string& metric) {
  const Result result = store.query(
      Query::aggregate(metric, {{Aggregation::Kind::count}}).between(test::kStart, test::kStart + 86'400'000));
  return result.aggregate().rows.empty() ? 0 : result.aggregate().rows[0].count;
}

/// "" when the store holds exactly the batches [0, number).
std::string check(const Store& store, int number, const std::string& when) {
  const auto expected = static_cast<std::uint64_t>(number);
  for (const char* metric : {"a", "b"}) {
    if (count(store, metric) != expected * 1'000) {
      return when + ": " + std::to_string(count(store, metric)) + " samples of " + metric;
    }
    if (store.series_count(metric) != expected) {
      return when + ": " + std::to_string(store.series_count(metric)) + " series of " + metric;
    }
    if (store.dimension_values(metric, "batch").size() != expected) return when + ": other values are listed";
  }
  return "";
}

TEST(FullDisk, FailsWritesLeavesReadsAndRecovers) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  EXPECT_EQ(test::in_child([&]() -> std::string {
              ::signal(SIGXFSZ, SIG_IGN);
              Options options = test::test_options();
              options.durability = Durability::full;
              Store store = Store::open(url, options);
              limit_files(300'000);
              int written = 0;
              std::string failure;
              while (failure.empty() && written < 1'000) {
                failure = test::error_of([&] { store.write(large_batch(written)); });
                if (failure.empty()) ++written;
              }
              if (failure != "STORAGE_UNAVAILABLE") return "filling up: " + failure;
              if (written == 0) return "not one batch fits";
              for (int attempt = 0; attempt < 3; ++attempt) {
                if (const auto wrong = check(store, written, "full"); !wrong.empty()) return wrong;
                failure = test::error_of([&] { store.write(large_batch(written)); });
                if (failure != "STORAGE_UNAVAILABLE") return "still full: " + failure;
              }
              limit_files(RLIM_INFINITY);
              for (int more = 0; more < 5; ++more) store.write(large_batch(written++));
              if (const auto wrong = check(store, written, "room again"); !wrong.empty()) return wrong;
              store.close();
              store = Store::open(url, options);
              return check(store, written, "opened again");
            }),
            "");
}

TEST(FullDisk, LetsSamplesBeDeletedAndTakesWritesAgain) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  EXPECT_EQ(test::in_child([&]() -> std::string {
              ::signal(SIGXFSZ, SIG_IGN);
              Options options = test::test_options();
              options.compaction = false;
              Store store = Store::open(url, options);
              limit_files(300'000);
              int written = 0;
              while (test::error_of([&] { store.write(large_batch(written)); }).empty()) ++written;
              const std::uint64_t removed = store.remove({.metric = "b"});
              if (removed != static_cast<std::uint64_t>(written) * 1'000) return "removed " + std::to_string(removed);
              if (count(store, "a") != removed) return "other samples are gone";
              store.set_retention({"a", std::chrono::milliseconds(1)});
              if (store.enforce_retention().metrics != 1) return "retention dropped nothing";
              return test::error_of([&] { store.write(large_batch(0)); });
            }),
            "");
}

TEST(FullDisk, LosesNothingThatConcurrentWritersWereToldIsStored) {
  // All writers name the same new series at the same time. The one that makes it may fail, and the others with it, but
  // none may be told that its point is stored in a series that is not.
  constexpr int kWriters = 3;
  constexpr std::size_t kBatches = 150;
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  EXPECT_EQ(test::in_child([&]() -> std::string {
              ::signal(SIGXFSZ, SIG_IGN);
              Store store = Store::open(url, test::test_options());
              std::array<std::atomic<int>, kBatches> answered{};
              std::atomic<int> failures = 0;
              std::barrier together(kWriters);
              std::vector<std::jthread> threads;
              for (int writer = 0; writer < kWriters; ++writer) {
                threads.emplace_back([&, writer] {
                  for (std::size_t number = 0; number < kBatches; ++number) {
                    together.arrive_and_wait();
                    Batch batch;
                    batch.add({"m", test::kStart + writer, 1, {{"batch", std::to_string(number)}}});
                    const auto error = test::error_of([&] { store.write(batch); });
                    ++(error.empty() ? answered[number] : failures);
                    // The disk fills up and has room again while the others are at it.
                    limit_files((number + static_cast<std::size_t>(writer)) % 2 == 0 ? 4'096 : RLIM_INFINITY);
                  }
                });
              }
              threads.clear();
              limit_files(RLIM_INFINITY);
              if (failures == 0) return "no write failed";
              store.close();
              store = Store::open(url, test::test_options());
              const Result result = store.query(
                  Query::aggregate("m", {{Aggregation::Kind::count}}).between(test::kStart, test::kNow).by({"batch"}));
              std::array<int, kBatches> found{};
              for (const auto& row : result.aggregate().rows) {
                found[std::stoul(row.group[0])] = static_cast<int>(row.count);
              }
              for (std::size_t i = 0; i < kBatches; ++i) {
                if (found[i] < answered[i]) {
                  return std::to_string(answered[i]) + " points of batch " + std::to_string(i) + " were answered, " +
                         std::to_string(found[i]) + " are there";
                }
              }
              return "";
            }),
            "");
}

}  // namespace
}  // namespace luminate
