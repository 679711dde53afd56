#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

// Queries over data that several threads read side by side.
namespace luminate {
namespace {

using Kind = Aggregation::Kind;

class ParallelQueries : public testing::Test {
 protected:
  static constexpr int kSeries = 1'200;
  static constexpr int kSamples = 400;

  /// Segments of all shapes: long runs apart in series, short ones apart in time, and corrections across both.
  static void SetUpTestSuite() {
    directory_ = new test::TemporaryDirectory;
    Options options = test::test_options();
    options.writes.max_batch_size = 1'000'000;
    Store store = Store::open(url(), options);
    std::mt19937_64 random(3);
    std::gamma_distribution<double> latency(2, 60);
    for (int first = 0; first < kSeries; first += 400) {
      Batch batch;
      for (int series = first; series < first + 400; ++series) {
        for (int i = 0; i < kSamples; ++i) add(batch, series, i * 6'000, std::round(latency(random) * 10) / 10);
      }
      store.write(batch);
    }
    for (int step = 0; step < 20; ++step) {
      Batch batch;
      for (int series = 0; series < kSeries; ++series) add(batch, series, 2'400'000 + step * 1'000, latency(random));
      store.write(batch);
    }
    Batch corrections;
    for (int series = 0; series < kSeries; series += 700) add(corrections, series, 6'000, 1e6);
    store.write(corrections);
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }

  static void add(Batch& batch, int series, std::int64_t time_ms, double value) {
    batch.add({"m",
               test::kStart + time_ms,
               value,
               {{"customer", "c" + std::to_string(series / 10)}, {"endpoint", std::to_string(series % 10)}}});
  }

  static std::string url() { return "sqlite:" + (directory_->path() / "store.db").string(); }
  static Store open(std::size_t threads, std::size_t memory_bytes = 1 << 28) {
    Options options = test::test_options();
    options.read_only = true;
    options.queries.max_threads = threads;
    options.queries.max_memory_bytes = memory_bytes;
    return Store::open(url(), options);
  }
  static Query over(std::int64_t from_ms, std::int64_t until_ms, Query query) {
    query.time_range = TimeRange{test::kStart + from_ms, test::kStart + until_ms};
    return query;
  }

  static test::TemporaryDirectory* directory_;
};
test::TemporaryDirectory* ParallelQueries::directory_ = nullptr;

TEST_F(ParallelQueries, AnswerAlikeOnAnyNumberOfThreads) {
  const Store alone = open(1);
  const Store together = open(4);
  const std::vector<Aggregation> of_summaries = {{Kind::avg}, {Kind::sum},   {Kind::count}, {Kind::min},
                                                 {Kind::max}, {Kind::first}, {Kind::last}};
  const std::vector<Aggregation> of_values = {{Kind::stddev}, Aggregation::quantile(0.95)};
  std::vector<Query> queries = {
      Query::aggregate("m", of_summaries).by({"customer"}), Query::aggregate("m", of_values).by({"endpoint"}),
      Query::aggregate("m", {{Kind::integral}}).by({"endpoint"}), Query::rate("m").by({"endpoint"}), Query::range("m")};
  for (std::size_t i = queries.size(); i-- > 0;) {
    if (queries[i].type != QueryType::aggregate) continue;
    queries.push_back(queries[i]);
    queries.back().interval = std::chrono::minutes(7);
  }
  for (const Query& query : queries) {
    for (const auto& [from, until] : std::vector<std::pair<int, int>>{{0, 3'600'000}, {11'000, 2'401'500}}) {
      const Query asked = over(from, until, query);
      EXPECT_EQ(test::lines(together.query(asked)), test::lines(alone.query(asked)));
    }
  }
}

TEST_F(ParallelQueries, KeepTheLastWriteOfASampleAmongSegments) {
  const Query query = over(6'000, 6'001, Query::aggregate("m", {{Kind::max}, {Kind::count}}));
  EXPECT_EQ(test::lines(open(4).query(query)), test::Lines{": 1e+06 1200 (1200)"});
}

TEST_F(ParallelQueries, FailWhereTheyWouldKeepMoreThanTheirMemory) {
  const Query all_values = over(12'000, 3'600'000, Query::aggregate("m", {Aggregation::quantile(0.5)}));
  const Query sums = over(12'000, 3'600'000, Query::aggregate("m", {{Kind::sum}}));
  // 500,000 values of eight bytes.
  const Store store = open(2, 3 << 20);
  const std::string message = test::message_of([&] { (void)store.query(all_values); });
  EXPECT_EQ(test::error_of([&] { (void)store.query(all_values); }), "RESULT_LIMIT_EXCEEDED");
  EXPECT_NE(message.find("3 MiB"), std::string::npos) << message;
  EXPECT_NE(message.find("query_limits.max_query_memory_bytes"), std::string::npos) << message;
  EXPECT_EQ(test::error_of([&] { (void)store.query(sums); }), "");
  EXPECT_EQ(test::error_of([&] { (void)open(2, 64 << 20).query(all_values); }), "");
}

}  // namespace
}  // namespace luminate
