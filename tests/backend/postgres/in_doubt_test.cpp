#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <chrono>
#include <optional>
#include <string>

#include "support/answers.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_proxy.hpp"
#include "support/postgres_server.hpp"

// A connection ends at any byte of a write, and there is no other. Whoever wrote is then told what became of it: it
// is there, it is not, or nobody can tell.
namespace luminate {
namespace {

using namespace std::chrono_literals;
using test::PostgresProxy;
using test::PostgresSchema;
using Direction = PostgresProxy::Direction;

Options impatient_options() {
  Options options = test::test_options();
  options.writes.max_wait = 100ms;
  return options;
}

class InDoubt : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    cluster_.emplace();
    proxy_.emplace(cluster_->directory());
    far_ = Store::open(test::with_parameter(proxy_->url(), "schema=doubt"), impatient_options());
    near_ = Store::open(test::with_parameter(cluster_->url(), "schema=doubt"), test::test_options());
  }
  void TearDown() override {
    far_.reset();
    near_.reset();
  }

  enum class Told { stored, failed, in_doubt };
  struct Outcome {
    Told told = Told::stored;
    std::size_t there = 0;  ///< Points, of kPoints.
  };
  static constexpr int kPoints = 3;
  static constexpr int kCuts = 15;  ///< In each direction.

  /// There is a connection, and it knows everything that is asked for once. Where the way was blocked just now, it is
  /// not tried again at once.
  void connect() {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    std::string failure;
    do {
      failure = test::message_of([&] { test::put(*far_, {{"before", ++connections_, 1, {}}}); });
    } while (!failure.empty() && std::chrono::steady_clock::now() < give_up);
    ASSERT_EQ(failure, "");
  }

  /// Writes to a metric of its own, and loses the connection, for good, before the byte behind `bytes`.
  Outcome write(int number, Direction direction, std::int64_t bytes) {
    const std::string metric = "m" + std::to_string(number);
    connect();
    proxy_->refuse_after_cut();
    proxy_->cut_after(direction, bytes);
    Outcome outcome;
    Batch batch;
    for (int i = 0; i < kPoints; ++i) batch.add({metric, test::kStart + i, 1, {{"k", "v" + std::to_string(i)}}});
    try {
      far_->write(batch);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::storage_unavailable) << error.what();
      outcome.told = error.in_doubt() ? Told::in_doubt : Told::failed;
    }
    proxy_->keep();
    proxy_->accept();
    // A commit under way finishes before this statement, which needs the same locks, does.
    outcome.there = test::lines(near_->query(Query::range(metric).between(test::kStart, test::kNow))).size();
    return outcome;
  }

  int connections_ = 0;
  std::optional<test::PostgresCluster> cluster_;
  std::optional<PostgresProxy> proxy_;
  std::optional<Store> far_;
  std::optional<Store> near_;
};

TEST_F(InDoubt, IsToldApartFromFailureWhereverTheConnectionEnds) {
  int number = 0;
  int counts[3] = {0, 0, 0};
  int doubted_and_there = 0;
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    connect();
    const std::int64_t before = proxy_->carried(direction);
    ASSERT_EQ(write(number++, direction, 1'000'000).told, Told::stored);
    const std::int64_t size = proxy_->carried(direction) - before;
    ASSERT_GT(size, 50);
    for (std::int64_t bytes = 0; bytes < size; bytes += size / kCuts + 1) {
      SCOPED_TRACE(std::string(direction == Direction::to_server ? "to the server" : "to the client") + ", byte " +
                   std::to_string(bytes) + " of " + std::to_string(size));
      const Outcome outcome = write(number++, direction, bytes);
      ++counts[static_cast<int>(outcome.told)];
      EXPECT_TRUE(outcome.there == 0 || outcome.there == kPoints) << outcome.there << " points are there";
      EXPECT_TRUE(outcome.told != Told::stored || outcome.there == kPoints);
      EXPECT_TRUE(outcome.told != Told::failed || outcome.there == 0);
      if (outcome.told == Told::in_doubt && outcome.there != 0) ++doubted_and_there;
    }
  }
  // Each kind was met; else this proves nothing.
  EXPECT_GT(counts[static_cast<int>(Told::failed)], 0);
  EXPECT_GT(counts[static_cast<int>(Told::in_doubt)], 0);
  EXPECT_GT(doubted_and_there, 0);
}

TEST_F(InDoubt, EndsByItselfWhenTheServerIsBackInTime) {
  connect();
  for (int number = 0; number < 20; ++number) {
    test::put(*far_, {{"before", 100 + number, 1, {}}});
    proxy_->cut_after(number % 2 == 0 ? Direction::to_server : Direction::to_client, number * 10);
    test::put(*far_, {{"m", number, 1.0 * number, {{"k", std::to_string(number)}}}});
    proxy_->keep();
  }
  EXPECT_EQ(near_->series_count("m"), 20u);
}

}  // namespace
}  // namespace luminate
