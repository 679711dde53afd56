#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "postgres/database.hpp"
#include "postgres/postgres_backend.hpp"
#include "support/child_process.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"

// A server of its own, that is stopped, killed and frozen.
namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A call may last a second longer than its deadline.
constexpr milliseconds kGrace{1000};

class OutageTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    cluster_.emplace();
    database_.emplace(settings_of(cluster_->url()), options_);
    write(seconds(30));
  }

  /// Adds one row in time. @returns the error.
  std::optional<Error> write(Clock::duration time, std::stop_token stop = {}) {
    return attempt(Access::write, time, stop,
                   "INSERT INTO {schema}.metric (tenant, name) VALUES ('', gen_random_uuid()::text)");
  }
  std::optional<Error> read(Clock::duration time, std::stop_token stop = {}) {
    return attempt(Access::read, time, stop, "SELECT count(*) FROM {schema}.metric");
  }
  std::string count() { return test::Psql(cluster_->url()).value("SELECT count(*) FROM luminate.metric"); }

  std::optional<Error> attempt(Access access, Clock::duration time, const std::stop_token& stop, const char* sql) {
    const auto before = Clock::now();
    std::optional<Error> failure;
    try {
      database_->transact(access, Repeat::always, within(time, stop),
                          [&](Transaction& transaction) { transaction.run(sql); });
    } catch (const Error& error) {
      failure = error;
    }
    EXPECT_LT(Clock::now() - before, time + kGrace);
    return failure;
  }

  const Options options_;
  std::optional<test::PostgresCluster> cluster_;
  std::optional<Database> database_;
};

TEST_F(OutageTest, NoCallOutlastsItsDeadlineWhenTheServerHangs) {
  cluster_->freeze();
  EXPECT_EQ(write(milliseconds(200))->code(), ErrorCode::storage_unavailable);
  EXPECT_NE(read(milliseconds(200)), std::nullopt);
  const auto before = Clock::now();
  EXPECT_FALSE(database_->health(within(milliseconds(300))).healthy);
  EXPECT_LT(Clock::now() - before, milliseconds(1300));
  std::stop_source source;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(50));
    source.request_stop();
  });
  EXPECT_EQ(read(seconds(2), source.get_token())->code(), ErrorCode::cancelled);
  EXPECT_LT(Clock::now() - before, milliseconds(2600));
  database_.reset();  // Does not wait for it either.
  EXPECT_LT(Clock::now() - before, milliseconds(3000));
  cluster_->thaw();
}

TEST_F(OutageTest, GoesOnOnceTheServerDoes) {
  cluster_->freeze();
  EXPECT_NE(write(milliseconds(100)), std::nullopt);
  cluster_->thaw();
  EXPECT_EQ(write(seconds(5)), std::nullopt);
  EXPECT_EQ(read(seconds(5)), std::nullopt);
  EXPECT_TRUE(database_->health(within(seconds(5))).healthy);
}

TEST_F(OutageTest, ReadsSoonFailWhileTheServerIsAwayAndWritesWaitForIt) {
  cluster_->stop();
  const auto before = Clock::now();
  const auto error = read(seconds(30));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), ErrorCode::storage_unavailable);
  EXPECT_LT(Clock::now() - before, seconds(5));
  const Health health = database_->health(within(seconds(5)));
  EXPECT_FALSE(health.healthy);
  EXPECT_EQ(health.status.find('\n'), std::string::npos);

  EXPECT_EQ(write(milliseconds(300))->code(), ErrorCode::storage_unavailable);
  std::optional<Error> failure;
  Clock::time_point written;
  std::jthread writer([&] {
    failure = write(seconds(30));
    written = Clock::now();
  });
  cluster_->start();
  const auto returned = Clock::now();
  writer.join();
  EXPECT_EQ(failure, std::nullopt);
  EXPECT_LT(written - returned, seconds(5));
  EXPECT_EQ(count(), "2");
  EXPECT_TRUE(database_->health(within(seconds(5))).healthy);
}

TEST_F(OutageTest, AKilledServerFailsNobodyOnceItIsBack) {
  cluster_->kill();
  cluster_->start();
  EXPECT_EQ(read(seconds(20)), std::nullopt);
  EXPECT_EQ(write(seconds(20)), std::nullopt);
}

TEST_F(OutageTest, OpensWithoutAServerAndRecovers) {
  cluster_->stop();
  std::mutex mutex;
  std::vector<std::string> warnings;
  Options options;
  options.logger = [&](LogLevel level, std::string_view text) {
    const std::lock_guard lock(mutex);
    if (level == LogLevel::warning) warnings.emplace_back(text);
  };
  Store store = Store::open(test::with_parameter(cluster_->url(), "schema=late&password=s3cret"), options);
  {
    const std::lock_guard lock(mutex);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_TRUE(
        warnings[0].starts_with("postgresql://postgres@" + cluster_->directory() + "/postgres cannot be used yet"))
        << warnings[0];
    EXPECT_EQ(warnings[0].find("s3cret"), std::string::npos);
  }
  EXPECT_FALSE(store.health().healthy);
  EXPECT_EQ(store.health().backend, "postgresql");
  EXPECT_THROW((void)store.metrics(), Error);
  cluster_->start();
  EXPECT_TRUE(store.health().healthy);
  EXPECT_EQ(test::Psql(cluster_->url()).value("SELECT count(*) FROM late.metric"), "0");
}

TEST(ForkedChild, GetsStoreClosedAndDoesNotDisturbTheConnectionsOfItsParent) {
  LUMINATE_NEEDS_POSTGRES();
  const test::PostgresSchema schema;
  std::optional<Store> store = Store::open(schema.url());
  EXPECT_EQ(store->series_count(), 0U);
  EXPECT_EQ(test::in_child([&] {
              std::string code;
              try {
                (void)store->series_count();
              } catch (const Error& error) {
                code = to_string(error.code());
              }
              store->close();
              store.reset();
              return code;
            }),
            "STORE_CLOSED");
  EXPECT_EQ(store->series_count(), 0U);
}

/// What a store says that cannot be opened.
std::string refusal(const std::string& url) {
  try {
    (void)Store::open(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::storage_unavailable);
    return error.what();
  }
  return "";
}

TEST(Opening, FailsAtOnceWhereWaitingDoesNotHelp) {
  LUMINATE_NEEDS_POSTGRES();
  const std::string rules = ::testing::TempDir() + "luminate_hba_" + std::to_string(::getpid());
  std::ofstream(rules) << "local all postgres trust\nlocal all all scram-sha-256\n";
  const test::PostgresCluster cluster({.configuration = {"hba_file = '" + rules + "'"}});
  std::filesystem::remove(rules);
  test::Psql psql(cluster.url());
  psql.rows("CREATE ROLE me LOGIN PASSWORD 'right'");
  const auto url = [&](const std::string& user, const std::string& database) {
    return "postgresql://" + user + "@/" + database + "?host=" + cluster.directory();
  };
  EXPECT_EQ(
      refusal(url("me:s3cret", "postgres")),
      "PostgreSQL: password authentication failed for user \"me\" (SQLSTATE 28P01); check user and password (in the "
      "store URL, PGPASSFILE or PGPASSWORD) and the server's pg_hba.conf");
  EXPECT_TRUE(
      refusal(url("me", "postgres")).starts_with("PostgreSQL: the server asks for a password (SQLSTATE 28P01)"));
  EXPECT_TRUE(refusal(url("me:right", "nothing"))
                  .starts_with("PostgreSQL: database \"nothing\" does not exist (SQLSTATE 3D000)"));
  EXPECT_TRUE(refusal(url("me:right", "postgres")).starts_with("PostgreSQL: permission denied for database postgres"));
  psql.rows("GRANT CREATE ON DATABASE postgres TO me");
  EXPECT_EQ(refusal(url("me:right", "postgres")), "");
}

}  // namespace
}  // namespace luminate::postgres
