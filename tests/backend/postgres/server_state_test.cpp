#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <luminate/store.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"
#include "support/temporary_directory.hpp"

// Servers that are away, full, read-only or crowded.
namespace luminate {
namespace {

using namespace std::chrono_literals;
using test::Lines;
using test::PostgresCluster;
using test::Psql;
using test::put;

Options quick_options() {
  Options options = test::test_options();
  options.writes.max_wait = 1s;
  options.queries.default_timeout = 1s;
  options.postgres.connect_timeout = 1s;
  return options;
}

Lines samples(const Store& store, const std::string& metric) {
  return test::lines(store.query(Query::range(metric).between(test::kStart, test::kNow)));
}

/// Tries again until it is done, at most five seconds.
template <class Call>
::testing::AssertionResult comes_to_work(Call&& call) {
  const auto give_up = std::chrono::steady_clock::now() + 5s;
  for (;;) {
    try {
      call();
      return ::testing::AssertionSuccess();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::storage_unavailable || std::chrono::steady_clock::now() > give_up) {
        return ::testing::AssertionFailure() << error.what();
      }
    }
  }
}

class ServerState : public testing::Test {
 protected:
  void SetUp() override { LUMINATE_NEEDS_POSTGRES(); }
};

TEST_F(ServerState, AwayAtOpeningIsNoObstacle) {
  PostgresCluster cluster;
  cluster.stop();
  Store store = Store::open(cluster.url(), quick_options());
  EXPECT_FALSE(store.health().healthy);
  EXPECT_NE(store.health().status, "ok");
  EXPECT_EQ(test::error_of([&] { put(store, {{"m", 0, 1, {}}}); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(test::error_of([&] { (void)store.metrics(); }), "STORAGE_UNAVAILABLE");
  cluster.start();
  EXPECT_TRUE(comes_to_work([&] { put(store, {{"m", 0, 1, {}}}); }));
  EXPECT_TRUE(store.health().healthy);
  cluster.kill();
  EXPECT_FALSE(store.health().healthy);
  cluster.start();
  EXPECT_TRUE(comes_to_work([&] { (void)store.metrics(); }));
  EXPECT_EQ(samples(store, "m").size(), 1u);
}

TEST_F(ServerState, StandbyAnswersAndRefusesToWriteUntilItIsPromoted) {
  PostgresCluster primary;
  Store writer = Store::open(primary.url(), quick_options());
  put(writer, {{"m", 0, 1, {}}});
  PostgresCluster standby({.standby_of = primary.directory()});
  Store reader = Store::open(standby.url(), quick_options());
  EXPECT_EQ(samples(reader, "m"), Lines{"@0 {} 1"});
  EXPECT_TRUE(reader.health().healthy);
  EXPECT_EQ(test::error_of([&] { put(reader, {{"m", 1, 2, {}}}); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(test::error_of([&] { reader.remove({.metric = "m"}); }), "STORAGE_UNAVAILABLE");

  put(writer, {{"m", 1, 2, {}}, {"n", 0, 1, {{"k", "v"}}}});
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (reader.metrics().size() < 2 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_EQ(samples(reader, "m"), (Lines{"@0 {} 1", "@1 {} 2"}));
  primary.kill();
  Psql(standby.url()).rows("SELECT pg_promote()");
  EXPECT_TRUE(comes_to_work([&] { put(reader, {{"m", 2, 3, {}}, {"n", 1, 1, {{"k", "w"}}}}); }));
  EXPECT_EQ(samples(reader, "m").size(), 3u);
}

TEST_F(ServerState, DatabaseThatIsReadOnlyByDefaultAnswers) {
  PostgresCluster cluster;
  {
    Store store = Store::open(cluster.url(), quick_options());
    put(store, {{"m", 0, 1, {}}});
  }
  Psql(cluster.url()).rows("ALTER DATABASE postgres SET default_transaction_read_only = on");
  Options options = quick_options();
  options.read_only = true;
  Store store = Store::open(cluster.url(), options);
  EXPECT_EQ(samples(store, "m"), Lines{"@0 {} 1"});
}

TEST_F(ServerState, FullOfOthersIsUnavailableUntilTheyGo) {
  PostgresCluster cluster({.configuration = {"max_connections = 6", "superuser_reserved_connections = 0"}});
  Store store = Store::open(cluster.url(), quick_options());
  put(store, {{"m", 0, 1, {}}});
  store.close();
  std::vector<Psql> others;
  for (int i = 0; i < 6; ++i) others.emplace_back(cluster.url());
  store = Store::open(cluster.url(), quick_options());
  EXPECT_EQ(test::error_of([&] { put(store, {{"m", 1, 1, {}}}); }), "STORAGE_UNAVAILABLE");
  EXPECT_FALSE(store.health().healthy);
  others.pop_back();
  EXPECT_TRUE(comes_to_work([&] { put(store, {{"m", 1, 1, {}}}); }));
}

TEST_F(ServerState, FewerConnectionsThanThePoolWouldTakeAreEnough) {
  PostgresCluster cluster({.configuration = {"max_connections = 5", "superuser_reserved_connections = 0"}});
  Options options = quick_options();
  options.writes.max_wait = 10s;
  options.compaction = false;
  Store store = Store::open(cluster.url(), options);
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 12; ++writer) {
      writers.emplace_back([&, writer] {
        for (int i = 0; i < 10; ++i) {
          EXPECT_EQ(test::message_of([&] { put(store, {{"m", i, 1, {{"writer", std::to_string(writer)}}}}); }), "");
        }
      });
    }
  }
  EXPECT_EQ(samples(store, "m").size(), 120u);
}

/// A directory with room for `size` bytes and no more, as this process and the servers see it that it starts from then
/// on: nothing is left of it when they are gone.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size)
      : there_(::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("tmpfs", path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0) {
    if (there_) PostgresCluster::give(path());
  }
  ~SmallDisk() {
    if (there_) ::umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  /// It takes root, and the right to mount.
  bool there() const noexcept { return there_; }
  std::string path() const { return directory_.path(); }

 private:
  test::TemporaryDirectory directory_;
  bool there_;
};

TEST_F(ServerState, FullDiskFailsWholeWritesAndKeepsWhatIsThere) {
  const SmallDisk disk("24m");
  if (!disk.there()) GTEST_SKIP() << "a small disk takes root, and the right to mount it";
  PostgresCluster cluster;
  {
    Psql psql(cluster.url());
    psql.rows("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
    psql.rows("ALTER DATABASE postgres SET default_tablespace = small");
  }
  Options options = test::test_options();
  Store store = Store::open(cluster.url(), options);
  const std::string filler = disk.path() + "/filler";
  std::ofstream(filler) << std::string(8'000'000, ' ');
  ASSERT_EQ(std::filesystem::file_size(filler), 8'000'000u);

  const auto batch_of = [](int number) {
    Batch batch;
    const auto series = batch.series("m", {{"batch", std::to_string(number)}});
    for (int i = 0; i < 5'000; ++i) batch.add(series, test::kStart + i, number);
    return batch;
  };
  int written = 0;
  std::string failure;
  for (; written < 1'000 && failure.empty(); ++written) {
    try {
      store.write(batch_of(written));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::storage_unavailable) << error.what();
      EXPECT_FALSE(error.in_doubt()) << error.what();
      failure = error.what();
      break;
    }
  }
  ASSERT_NE(failure, "") << "the disk never was full";
  EXPECT_GT(written, 3);
  const auto sums = [&] {
    return test::lines(
        store.query(Query::aggregate("m", {{Aggregation::Kind::count}}).between(test::kStart, test::kNow)));
  };
  EXPECT_EQ(sums(), Lines{": " + test::text(5'000.0 * written) + " (" + std::to_string(5'000 * written) + ")"});
  EXPECT_EQ(store.series_count("m"), static_cast<std::uint64_t>(written));

  std::filesystem::remove(filler);
  EXPECT_TRUE(comes_to_work([&] { store.write(batch_of(written)); }));
  EXPECT_EQ(store.series_count("m"), static_cast<std::uint64_t>(written) + 1);
}

}  // namespace
}  // namespace luminate
