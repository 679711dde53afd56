#include "memory/memory_backend.hpp"

#include <gtest/gtest.h>

#include "backend/backend.hpp"
#include "evaluation.hpp"

namespace luminate::backend {
namespace {

using Names = std::vector<std::string>;

class MemoryBackendTest : public testing::Test {
 protected:
  static Options small_limits() {
    Options options;
    options.cardinality.max_series_per_metric = 2;
    options.cardinality.max_metrics = 2;
    return options;
  }

  static ListRequest list(std::string_view prefix = "", std::size_t limit = 100, std::optional<TimeRange> range = {}) {
    return {"", prefix, limit, range};
  }

  std::vector<Refusal> write(Backend& backend, std::initializer_list<Point> points, std::string_view tenant = "") {
    Batch batch;
    for (const Point& point : points) batch.add(point);
    return backend.write(tenant, batch, {}).refusals;
  }

  double sum(std::string_view metric, std::string_view tenant = "") {
    query::Plan plan = test::aggregate_plan({{Aggregation::Kind::sum, 0}});
    plan.metric = metric;
    plan.tenant = tenant;
    const auto rows = backend_->aggregate(plan, {}).aggregate().rows;
    return rows.empty() ? -1 : rows[0].values[0];
  }

  std::unique_ptr<Backend> backend_ = open_memory(Options{});
};

TEST_F(MemoryBackendTest, LastWriteOfATimestampWins) {
  write(*backend_, {{"m", 1, 1, {}}, {"m", 1, 2, {}}, {"m", 2, 10, {}}});
  EXPECT_EQ(sum("m"), 12);
  write(*backend_, {{"m", 2, 20, {}}});
  EXPECT_EQ(sum("m"), 22);
}

TEST_F(MemoryBackendTest, TenantsSeeTheirOwnDataOnly) {
  write(*backend_, {{"m", 1, 1, {}}}, "a");
  write(*backend_, {{"m", 1, 2, {}}}, "b");
  EXPECT_EQ(sum("m", "a"), 1);
  EXPECT_EQ(sum("m", "b"), 2);
  EXPECT_EQ(sum("m"), -1);
  EXPECT_TRUE(backend_->metrics(list(), {}).empty());
  EXPECT_EQ(backend_->series_count("a", {}, {}), 1U);
  EXPECT_EQ(backend_->remove({"a", "m", {0, 10}, {}, false}, {}), 1U);
  EXPECT_EQ(sum("m", "b"), 2);
}

TEST_F(MemoryBackendTest, RefusesSeriesPastTheLimitInOrderOfAppearance) {
  const auto backend = open_memory(small_limits());
  const auto refused = write(*backend, {{"m", 1, 1, {{"k", "a"}}},
                                        {"m", 1, 1, {{"k", "b"}}},
                                        {"m", 1, 1, {{"k", "c"}}},
                                        {"m", 2, 1, {{"k", "c"}}},
                                        {"m", 2, 1, {{"k", "a"}}},
                                        {"m", 1, 1, {{"k", "d"}}}});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].series, 2U);
  EXPECT_EQ(refused[1].series, 3U);
  for (const char* part : {"\"m\"", "has 2 series", "as many as are allowed"}) {
    EXPECT_NE(refused[0].message.find(part), std::string::npos) << refused[0].message;
  }
  EXPECT_EQ(backend->series_count("", "m", {}), 2U);
  EXPECT_TRUE(write(*backend, {{"m", 5, 1, {{"k", "b"}}}}).empty()) << "existing series are accepted beyond the limit";
  EXPECT_TRUE(write(*backend, {{"m", 1, 1, {{"k", "x"}}}}, "other").empty()) << "limits are per tenant";
}

TEST_F(MemoryBackendTest, RefusesAllSeriesOfAMetricPastTheLimit) {
  const auto backend = open_memory(small_limits());
  const auto refused =
      write(*backend, {{"m1", 1, 1, {}}, {"m2", 1, 1, {}}, {"m3", 1, 1, {}}, {"m3", 1, 1, {{"k", "v"}}}});
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].series, 2U);
  EXPECT_EQ(refused[1].series, 3U);
  for (const char* part : {"\"m3\"", "the 2 metrics that are allowed"}) {
    EXPECT_NE(refused[0].message.find(part), std::string::npos) << refused[0].message;
  }
  EXPECT_EQ(backend->metrics(list(), {}), (Names{"m1", "m2"}));
}

TEST_F(MemoryBackendTest, ListsByPrefixAndLimit) {
  write(*backend_,
        {{"cpu_user", 1, 1, {{"host", "a"}, {"zone", "z"}}}, {"cpu_idle", 1, 1, {{"host", "b"}}}, {"disk", 1, 1, {}}});
  EXPECT_EQ(backend_->metrics(list(), {}), (Names{"cpu_idle", "cpu_user", "disk"}));
  EXPECT_EQ(backend_->metrics(list("cpu_"), {}), (Names{"cpu_idle", "cpu_user"}));
  EXPECT_EQ(backend_->metrics(list("cpu_", 1), {}), (Names{"cpu_idle"}));
  EXPECT_EQ(backend_->dimension_keys("cpu_user", list(), {}), (Names{"host", "zone"}));
  EXPECT_EQ(backend_->dimension_keys("cpu_user", list("z"), {}), (Names{"zone"}));
  EXPECT_TRUE(backend_->dimension_keys("nobody_wrote_this", list(), {}).empty());
}

TEST_F(MemoryBackendTest, ListsValuesByTheirSeriesThenByName) {
  write(*backend_, {{"m", 1, 1, {{"zone", "x"}, {"host", "1"}}},
                    {"m", 1, 1, {{"zone", "y"}, {"host", "1"}}},
                    {"m", 1, 1, {{"zone", "y"}, {"host", "2"}}},
                    {"m", 1, 1, {{"zone", "a"}, {"host", "3"}}}});
  EXPECT_EQ(backend_->dimension_values("m", "zone", list(), {}), (Names{"y", "a", "x"}));
  EXPECT_EQ(backend_->dimension_values("m", "zone", list("", 2), {}), (Names{"y", "a"}));
  EXPECT_EQ(backend_->dimension_values("m", "zone", list("x"), {}), (Names{"x"}));
  EXPECT_TRUE(backend_->dimension_values("m", "absent", list(), {}).empty());
}

TEST_F(MemoryBackendTest, ListsOnlyWhatHasSamplesInTheRange) {
  write(*backend_, {{"old", 10, 1, {{"k", "v"}}}, {"new", 20, 1, {{"k", "v"}}}, {"new", 10, 1, {{"j", "w"}}}});
  EXPECT_EQ(backend_->metrics(list("", 100, TimeRange{11, 21}), {}), (Names{"new"}));
  EXPECT_EQ(backend_->metrics(list("", 100, TimeRange{10, 20}), {}), (Names{"new", "old"}));
  EXPECT_EQ(backend_->dimension_keys("new", list("", 100, TimeRange{20, 21}), {}), (Names{"k"}));
  EXPECT_TRUE(backend_->dimension_values("new", "k", list("", 100, TimeRange{0, 20}), {}).empty());
}

TEST_F(MemoryBackendTest, DeletesWhatMatches) {
  write(*backend_, {{"m", 1, 1, {{"k", "a"}}}, {"m", 2, 2, {{"k", "a"}}}, {"m", 3, 4, {{"k", "a"}}}, {"m", 2, 8, {}}});
  const std::vector<query::Matcher> a = query::compile({{"k", Filter::Kind::any_of, {"a"}}});
  EXPECT_EQ(backend_->remove({"", "m", {2, 3}, a, true}, {}), 1U);
  EXPECT_EQ(sum("m"), 15) << "a dry run deletes nothing";
  EXPECT_EQ(backend_->remove({"", "m", {2, 3}, a, false}, {}), 1U);
  EXPECT_EQ(sum("m"), 13);
  EXPECT_EQ(backend_->remove({"", "m", {0, 100}, a, false}, {}), 2U);
  EXPECT_EQ(backend_->series_count("", "m", {}), 1U) << "a series without samples is gone";
  EXPECT_EQ(backend_->remove({"", "m", {0, 100}, {}, false}, {}), 1U);
  EXPECT_TRUE(backend_->metrics(list(), {}).empty()) << "and so is a metric without series";
  EXPECT_EQ(backend_->remove({"", "m", {0, 100}, {}, false}, {}), 0U);
}

TEST_F(MemoryBackendTest, FreedPlacesMayBeTakenAgain) {
  const auto backend = open_memory(small_limits());
  write(*backend, {{"m", 1, 1, {{"k", "a"}}}, {"m", 1, 1, {{"k", "b"}}}});
  EXPECT_EQ(write(*backend, {{"m", 1, 1, {{"k", "c"}}}}).size(), 1U);
  backend->remove({"", "m", {0, 10}, query::compile({{"k", Filter::Kind::any_of, {"a"}}}), false}, {});
  EXPECT_TRUE(write(*backend, {{"m", 1, 1, {{"k", "c"}}}}).empty());
}

TEST_F(MemoryBackendTest, FiltersSeries) {
  write(*backend_, {{"m", 1, 1, {{"k", "a"}}}, {"m", 1, 2, {{"k", "b"}}}, {"m", 1, 4, {}}});
  query::Plan plan = test::aggregate_plan({{Aggregation::Kind::sum, 0}});
  plan.metric = "m";
  plan.matchers = query::compile({{"k", Filter::Kind::is_not, {"a"}}});
  const Result result = backend_->aggregate(plan, {});
  EXPECT_EQ(result.aggregate().rows.at(0).values.at(0), 6);
  EXPECT_EQ(result.points_scanned, 2U);
}

TEST_F(MemoryBackendTest, AnExpiredCallChangesNothing) {
  model::Call call;
  call.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  Batch batch;
  batch.add({"m", 1, 1, {}});
  EXPECT_THROW(backend_->write("", batch, call), Error);
  EXPECT_EQ(sum("m"), -1);
  backend_->write("", batch, {});
  EXPECT_THROW(backend_->remove({"", "m", {0, 10}, {}, false}, call), Error);
  EXPECT_EQ(sum("m"), 1);
}

TEST_F(MemoryBackendTest, IsHealthy) {
  const Health health = backend_->health({});
  EXPECT_TRUE(health.healthy);
  EXPECT_EQ(health.backend, "memory");
  EXPECT_EQ(health.status, "ok");
}

}  // namespace
}  // namespace luminate::backend
