#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <chrono>
#include <optional>
#include <random>
#include <string>

#include "support/answers.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_proxy.hpp"
#include "support/postgres_server.hpp"
#include "torture/crowd.hpp"
#include "torture/scale.hpp"

// Two stores on one PostgreSQL, each by its own way, write and read without pause while connections end at any byte,
// the server is killed and comes back, and both ways fall silent. What was answered is there, whole and once; what
// failed and is not in doubt is not; no call outlives its deadline; and work goes on by itself.
namespace luminate {
namespace {

using namespace std::chrono_literals;
using test::Crowd;
using test::PostgresCluster;
using test::PostgresProxy;
using test::Psql;
using Direction = PostgresProxy::Direction;

constexpr auto kResumesWithin = 5s;

class PostgresChaos : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    cluster_.emplace(PostgresCluster::Settings{.fsync = true});
    for (auto& proxy : proxies_) proxy.emplace(cluster_->directory());
    std::vector<Store> stores;
    for (auto& proxy : proxies_) stores.push_back(Store::open(url(proxy->url()), options()));
    Options patient = options();
    patient.queries.default_timeout = 30s;
    patient.writes.max_wait = 30s;
    judge_ = Store::open(url(cluster_->url()), patient);
    crowd_.emplace(
        std::move(stores),
        Crowd::Limits{.write = options().writes.max_wait, .query = options().queries.default_timeout, .grace = 1s});
  }
  void TearDown() override {
    crowd_.reset();
    judge_.reset();
  }

  static Options options() {
    Options options = test::timeless_options();
    options.durability = Durability::full;  // A server that is killed loses what it did not sync.
    options.writes.max_wait = 2s;
    options.queries.default_timeout = 2s;
    options.cardinality.max_metrics = 1'000'000;
    options.postgres.pool_size = 4;
    return options;
  }
  std::string url(const std::string& server) const { return test::with_parameter(server, "schema=chaos"); }

  PostgresProxy& any_proxy() { return *proxies_[random_() % 2]; }

  bool cut() {
    PostgresProxy& proxy = any_proxy();
    const auto direction = random_() % 2 == 0 ? Direction::to_server : Direction::to_client;
    const int reach = random_() % 2 == 0 ? 500 : 40'000;
    proxy.cut_after(direction, std::uniform_int_distribution<int>(0, reach)(random_));
    const bool happened = proxy.wait_for_cut(5s);
    proxy.keep();
    return happened;
  }

  void restart() {
    if (random_() % 4 == 0) {
      cluster_->stop();
    } else {
      cluster_->kill();
    }
    cluster_->start();
  }

  /// Longer than any deadline, so that the calls of one store end by it.
  void fall_silent() {
    PostgresProxy& proxy = any_proxy();
    proxy.fall_silent();
    std::this_thread::sleep_for(options().writes.max_wait + 500ms);
    proxy.revive();
  }
  void freeze() {
    cluster_->freeze();
    std::this_thread::sleep_for(options().writes.max_wait + 500ms);
    cluster_->thaw();
  }

  static bool is_removed(int round) { return round % 3 == 0; }
  void remove(int round) {
    for (const auto& metric : Crowd::metrics_of(round)) judge_->remove({.metric = metric});
  }

  /// Once nobody writes: what every round left, in the store's answers and in the tables.
  void check_what_is_left() {
    std::uint64_t samples = 0;
    for (int round = 0; round <= round_; ++round) {
      ASSERT_EQ(
          is_removed(round) && round != round_ ? crowd_->check_removed(*judge_, round) : crowd_->check(*judge_, round),
          "")
          << "round " << round;
      samples += crowd_->samples(*judge_, round);
    }
    Psql psql(cluster_->url());
    psql.rows("SET search_path = chaos");
    const auto count = [&](const std::string& what) { return psql.value("SELECT count(*) FROM " + what); };
    EXPECT_EQ(count("sample"), std::to_string(samples));
    EXPECT_EQ(count("sample s WHERE NOT EXISTS (SELECT FROM series r WHERE r.id = s.series_id)"), "0");
    EXPECT_EQ(count("series r WHERE NOT EXISTS (SELECT FROM sample s WHERE s.series_id = r.id)"), "0");
    EXPECT_EQ(count("metric m WHERE NOT EXISTS (SELECT FROM series r WHERE r.metric_id = m.id)"), "0");
    EXPECT_EQ(count("(SELECT FROM series GROUP BY metric_id, canonical HAVING count(*) > 1) d"), "0");
    EXPECT_EQ(count("metric m WHERE series <> (SELECT count(*) FROM series r WHERE r.metric_id = m.id)"), "0");
  }

  /// After an incident: everybody is served again, nothing is lost, nothing is wrong.
  ::testing::AssertionResult recovers(const std::string& incident) {
    const auto begin = std::chrono::steady_clock::now();
    const std::string late = crowd_->wait_for_answers(2, kResumesWithin);
    longest_ = std::max(longest_, std::chrono::steady_clock::now() - begin);
    std::string wrong = late.empty() ? crowd_->wrong() : "not within 5 s: " + late;
    if (wrong.empty()) {
      crowd_->begin(round_ + 1);
      wrong = crowd_->check(*judge_, round_);
    }
    // Which ends a generation of handles, and both stores have to notice.
    if (wrong.empty() && is_removed(round_)) remove(round_);
    if (!wrong.empty()) return ::testing::AssertionFailure() << incident << " of round " << round_ << ": " << wrong;
    ++round_;
    return ::testing::AssertionSuccess();
  }

  std::optional<PostgresCluster> cluster_;
  std::optional<PostgresProxy> proxies_[2];
  std::optional<Store> judge_;
  std::optional<Crowd> crowd_;
  std::mt19937_64 random_;
  int round_ = 0;
  std::chrono::steady_clock::duration longest_{};
};

TEST_F(PostgresChaos, LosesNothingThatWasAnswered) {
  const unsigned seed = test::seed();
  SCOPED_TRACE("TORTURE_SEED=" + std::to_string(seed));
  random_.seed(seed);
  ASSERT_TRUE(recovers("nothing"));
  const auto cuts = test::repetitions("TORTURE_PG_CUTS", 30);
  for (long long i = 0; i < cuts; ++i) {
    ASSERT_TRUE(cut()) << "nothing was cut in 5 s";
    ASSERT_TRUE(recovers("a cut"));
    if (i % 5 == 4) {
      restart();
      ASSERT_TRUE(recovers("a restart"));
    }
    if (i % 15 == 6) {
      fall_silent();
      ASSERT_TRUE(recovers("silence"));
    }
    if (i % 15 == 8) {
      freeze();
      ASSERT_TRUE(recovers("a standstill"));
    }
  }
  const Crowd::Counts counts = crowd_->counts();
  crowd_->stop();
  std::printf(
      "%llu writes answered, %llu in doubt, %llu failed; %llu reads, %llu failed; longest call %lld ms beyond its "
      "deadline, longest recovery %lld ms\n",
      static_cast<unsigned long long>(counts.answered), static_cast<unsigned long long>(counts.in_doubt),
      static_cast<unsigned long long>(counts.failed), static_cast<unsigned long long>(counts.reads),
      static_cast<unsigned long long>(counts.failed_reads), static_cast<long long>(counts.longest_over.count()),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(longest_).count()));

  check_what_is_left();
}

}  // namespace
}  // namespace luminate
