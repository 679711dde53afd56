#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <luminate/store.hpp>

#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "postgres/connection.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"
#include "support/temporary_directory.hpp"

// A PgBouncer in transaction mode between the store and its server: any transaction may get any connection.
namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kProgram = "/usr/sbin/pgbouncer";

class PgBouncer {
 public:
  explicit PgBouncer(const std::string& server_directory) {
    std::ofstream(directory_.path() / "ini") << "[databases]\npostgres = host=" << server_directory
                                             << " user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
                                             << "unix_socket_dir = " << directory_.path().string()
                                             << "\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\n"
                                             << "logfile = " << (directory_.path() / "log").string() << "\n";
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;  // It refuses to run as root.
    if (user != nullptr && ::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) return;
    const std::string ini = (directory_.path() / "ini").string();
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (user != nullptr &&
          (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) {
        ::_exit(126);
      }
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Once more: the new user has forgotten it.
      ::execl(kProgram, kProgram, "-q", ini.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 500 && ::access((directory_.path() / ".s.PGSQL.6432").c_str(), F_OK) != 0; ++i) {
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
  ~PgBouncer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  std::string url() const { return "postgresql://postgres@/postgres?port=6432&host=" + directory_.path().string(); }

 private:
  test::TemporaryDirectory directory_;
  pid_t process_ = -1;
};

class PgBouncerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(kProgram, X_OK) != 0) GTEST_SKIP() << "PgBouncer is not installed (" << kProgram << ")";
    LUMINATE_NEEDS_POSTGRES();
    cluster_.emplace();
    bouncer_.emplace(cluster_->directory());
  }

  std::optional<test::PostgresCluster> cluster_;
  std::optional<PgBouncer> bouncer_;
};

TEST_F(PgBouncerTest, ServesMoreConnectionsThanTheServerSees) {
  Options options;
  options.postgres.pool_size = 8;
  Store store = Store::open(bouncer_->url(), options);
  constexpr int kThreads = 8;
  constexpr int kWrites = 20;
  const std::int64_t now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        Batch batch;
        batch.add({"m", now + i, 1.0, {{"thread", std::to_string(thread)}}});
        batch.add({"m", now + i, 1.0, {{"thread", std::to_string(thread)}, {"turn", std::to_string(i)}}});
        store.write(batch);
        (void)store.series_count();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(store.series_count(), kThreads * (1U + kWrites));
  EXPECT_TRUE(store.health().healthy);
  EXPECT_EQ(store.remove({.metric = "m"}), 2U * kThreads * kWrites);
  EXPECT_EQ(store.series_count(), 0U);
  EXPECT_LE(std::stoi(test::Psql(cluster_->url())
                          .value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'luminate%'")),
            2);
}

TEST_F(PgBouncerTest, HandsACancellationOn) {
  Connection connection(settings_of(bouncer_->url()), within(seconds(20)));
  const auto before = Clock::now();
  EXPECT_THROW(connection.run({.sql = "SELECT pg_sleep(60) AS bouncer_mark"}, within(milliseconds(200))), Error);
  EXPECT_LT(Clock::now() - before, milliseconds(1200));
  EXPECT_EQ(
      test::Psql(cluster_->url())
          .value("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"),
      "0");
}

}  // namespace
}  // namespace luminate::postgres
