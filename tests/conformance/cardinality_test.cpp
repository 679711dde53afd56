#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::batch_of;
using test::kNotANumber;
using test::Lines;
using test::put;
using test::text;

class Cardinality : public StoreTest {
 protected:
  static Options limited(std::size_t series, std::size_t metrics) {
    Options options = test::test_options();
    options.cardinality.max_series_per_metric = series;
    options.cardinality.max_metrics = metrics;
    return options;
  }
};
LUMINATE_FOR_ALL_BACKENDS(Cardinality);

TEST_P(Cardinality, OfSeriesStopsAtTheLimitAndKeepsServingThoseThatExist) {
  open(limited(2, 10));
  const auto report = store->write(batch_of({{"cpu", 0, 1, {{"host", "b"}}},
                                             {"cpu", 0, 2, {{"host", "c"}}},
                                             {"cpu", 0, 3, {{"host", "a"}}},
                                             {"cpu", 1, 4, {{"host", "b"}}},
                                             {"cpu", 1, 5, {{"host", "a"}}},
                                             {"mem", 0, 6, {{"host", "a"}}}}));
  // The series that were named first are made; the points of the third one are told by their own index.
  EXPECT_EQ(text(report), "4 accepted, 2: CARDINALITY_EXCEEDED, 4: CARDINALITY_EXCEEDED");
  EXPECT_EQ(report.errors.front().metric, "cpu");
  EXPECT_NE(report.errors.front().message.find('2'), std::string::npos) << report.errors.front().message;
  reopen();
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 2, 7, {{"host", "d"}}}, {"cpu", 2, 8, {{"host", "c"}}}}))),
            "1 accepted, 0: CARDINALITY_EXCEEDED");
  EXPECT_EQ(samples("cpu"), (Lines{"@0 {host=b} 1", "@0 {host=c} 2", "@1 {host=b} 4", "@2 {host=c} 8"}));
  EXPECT_EQ(store->series_count("cpu"), 2u);
}

TEST_P(Cardinality, OfMetricsStopsAtTheLimit) {
  open(limited(10, 2));
  const auto report = store->write(batch_of({{"b", 0, 1, {}},
                                             {"c", 0, 1, {{"host", "x"}}},
                                             {"a", 0, 1, {}},
                                             {"a", 0, 1, {{"host", "x"}}},
                                             {"b", 1, 1, {{"host", "new"}}}}));
  EXPECT_EQ(text(report), "3 accepted, 2: CARDINALITY_EXCEEDED, 3: CARDINALITY_EXCEEDED");
  EXPECT_EQ(report.errors.front().metric, "a");
  EXPECT_EQ(store->metrics(), (Lines{"b", "c"}));
  reopen();
  EXPECT_EQ(text(store->write(batch_of({{"a", 0, 1, {}}, {"b", 2, 1, {}}}))), "1 accepted, 0: CARDINALITY_EXCEEDED");
  EXPECT_EQ(store->metrics(), (Lines{"b", "c"}));
}

TEST_P(Cardinality, ABatchThatIsRefusedWholeLeavesNothing) {
  open(limited(10, 1));
  put(*store, {{"a", 0, 1, {}}});
  EXPECT_EQ(text(store->write(batch_of({{"b", 0, 1, {}}, {"c", 0, 1, {}}}))),
            "0 accepted, 0: CARDINALITY_EXCEEDED, 1: CARDINALITY_EXCEEDED");
  EXPECT_EQ(store->metrics(), Lines{"a"});
  EXPECT_EQ(store->series_count(), 1u);
}

TEST_P(Cardinality, CountsOnlySeriesThatGetAPoint) {
  open(limited(1, 1));
  Batch batch = batch_of(
      {{"cpu", 0, kNotANumber, {{"host", "bad"}}}, {"bad_metric", 0, kNotANumber, {}}, {"cpu", 0, 1, {{"host", "a"}}}});
  EXPECT_EQ(text(store->write(batch)), "1 accepted, 0: INVALID_VALUE, 1: INVALID_VALUE");
  EXPECT_EQ(samples("cpu"), Lines{"@0 {host=a} 1"});
}

TEST_P(Cardinality, ReportsInvalidAndRefusedPointsInTheOrderOfTheBatch) {
  open(limited(1, 10));
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 0, 1, {{"host", "a"}}},
                                        {"cpu", 0, 1, {{"host", "b"}}},
                                        {"cpu", 0, kNotANumber, {{"host", "b"}}},
                                        {"cpu", 1, 1, {{"host", "b"}}},
                                        {"cpu", 0, kNotANumber, {{"host", "a"}}}}))),
            "1 accepted, 1: CARDINALITY_EXCEEDED, 2: INVALID_VALUE, 3: CARDINALITY_EXCEEDED, 4: INVALID_VALUE");
}

TEST_P(Cardinality, IsCountedForEachTenantAlone) {
  open(limited(1, 1));
  Store acme = store->tenant("acme");
  Store zeta = store->tenant("zeta");
  for (Store* each : {&*store, &acme, &zeta}) {
    put(*each, {{"cpu", 0, 1, {{"host", "a"}}}});
    EXPECT_EQ(text(each->write(batch_of({{"cpu", 0, 1, {{"host", "b"}}}, {"mem", 0, 1, {}}}))),
              "0 accepted, 0: CARDINALITY_EXCEEDED, 1: CARDINALITY_EXCEEDED");
  }
}

TEST_P(Cardinality, OfDimensionsLeavesTheTenantOut) {
  open();
  Store acme = store->tenant("acme");
  Dimensions twenty;
  for (int i = 0; i < 20; ++i) twenty["k" + std::to_string(i)] = "v";
  put(acme, {{"cpu", 0, 1, twenty}});
}

TEST_P(Cardinality, DeletionMakesRoom) {
  open(limited(1, 1));
  put(*store, {{"cpu", 0, 1, {{"host", "a"}}}});
  EXPECT_EQ(store->remove({.metric = "cpu"}), 1u);
  put(*store, {{"mem", 0, 1, {{"host", "b"}}}});
  EXPECT_EQ(store->metrics(), Lines{"mem"});
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 0, 1, {}}}))), "0 accepted, 0: CARDINALITY_EXCEEDED");
}

TEST_P(Cardinality, OfZeroSeriesMakesNoMetricEither) {
  open(limited(0, 10));
  EXPECT_EQ(text(store->write(batch_of({{"cpu", 0, 1, {}}, {"mem", 0, 1, {}}}))),
            "0 accepted, 0: CARDINALITY_EXCEEDED, 1: CARDINALITY_EXCEEDED");
  EXPECT_EQ(store->metrics(), Lines{});
  EXPECT_EQ(store->cardinality().metric_count, 0u);
  reopen();
  EXPECT_EQ(store->metrics(), Lines{});
}

TEST_P(Cardinality, RefusalsSayWhichLimitItWasAndWhatToDo) {
  open(limited(1, 1));
  const auto report =
      store->write(batch_of({{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 0, 1, {{"host", "b"}}}, {"mem", 0, 1, {}}}));
  ASSERT_EQ(report.errors.size(), 2u);
  EXPECT_EQ(report.errors[0].message,
            "metric \"cpu\" has 1 series, as many as are allowed; use fewer distinct dimension values, or raise "
            "cardinality_limits.max_unique_series_per_metric");
  EXPECT_EQ(report.errors[1].message,
            "metric \"mem\" would be one more than the 1 metrics that are allowed; delete one, or raise "
            "cardinality_limits.max_metrics_per_tenant");
}

TEST_P(Cardinality, IsExactHoweverManyThreadsMakeSeries) {
  constexpr std::size_t kLimit = 300;
  constexpr int kThreads = 4;
  constexpr int kSeriesEach = 120;  // More in all than the limit lets in.
  open(limited(kLimit, 10));
  std::atomic<std::size_t> accepted = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kSeriesEach; i += 4) {
        std::vector<Point> points;
        for (int j = i; j < i + 4; ++j) {
          points.push_back({"cpu", 0, 1, {{"host", std::to_string(thread) + "-" + std::to_string(j)}}});
          // Two threads each make these: whoever is first, they count once.
          points.push_back({"cpu", 0, 1, {{"host", "shared" + std::to_string(thread / 2 * 1000 + j)}}});
        }
        accepted += store->write(batch_of(points)).accepted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->series_count("cpu"), kLimit);
  EXPECT_GE(accepted, kLimit);
  EXPECT_EQ(store->cardinality().metrics.front().series_left, 0u);
  reopen();
  EXPECT_EQ(store->series_count("cpu"), kLimit);
}

class CardinalityWarning : public Cardinality {
 protected:
  void open_logged(std::size_t series, std::size_t metrics) {
    Options options = limited(series, metrics);
    options.logger = [this](LogLevel level, std::string_view line) {
      const std::lock_guard lock(mutex_);
      if (level == LogLevel::warning && line.find("cardinality_limits") != line.npos) told_.emplace_back(line);
    };
    open(options);
  }
  /// What was told since the last call.
  Lines told() {
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
  }
  static void put_series(Store& store, const std::string& metric, int from, int to) {
    std::vector<Point> points;
    for (int i = from; i < to; ++i) points.push_back({metric, 0, 1, {{"host", std::to_string(i)}}});
    put(store, points);
  }

 private:
  std::mutex mutex_;
  Lines told_;
};
LUMINATE_FOR_ALL_BACKENDS(CardinalityWarning);

TEST_P(CardinalityWarning, ComesOnceWhenAMetricHasFourFifthsOfItsSeries) {
  open_logged(10, 100);
  Store acme = store->tenant("acme");
  put_series(acme, "cpu", 0, 7);
  put_series(*store, "cpu", 0, 7);
  EXPECT_EQ(told(), Lines{});
  put_series(acme, "cpu", 5, 8);
  EXPECT_EQ(told(), Lines{"metric \"cpu\" of tenant \"acme\" has 8 series, 80 % of the 10 that are allowed; new ones "
                          "beyond are refused (cardinality_limits.max_unique_series_per_metric)"});
  put_series(acme, "cpu", 8, 9);
  put_series(acme, "cpu", 9, 10);
  acme.write(batch_of({{"cpu", 0, 1, {{"host", "one more"}}}}));
  put_series(acme, "cpu", 0, 10);
  EXPECT_EQ(told(), Lines{});
  put_series(*store, "cpu", 0, 10);
  EXPECT_EQ(told().size(), 1u) << "of another tenant";
}

TEST_P(CardinalityWarning, ComesAgainOnlyOnceTheMetricFellBelowThreeQuarters) {
  open_logged(100, 100);
  put_series(*store, "cpu", 0, 80);
  EXPECT_EQ(told().size(), 1u);
  const auto remove = [&](int from, int to) {
    std::vector<std::string> hosts;
    for (int i = from; i < to; ++i) hosts.push_back(std::to_string(i));
    store->remove({.metric = "cpu", .filters = {{.key = "host", .operands = hosts}}});
  };
  remove(75, 80);
  put_series(*store, "cpu", 75, 80);
  EXPECT_EQ(told(), Lines{}) << "75 are not below 75";
  remove(74, 80);
  put_series(*store, "cpu", 74, 79);
  EXPECT_EQ(told(), Lines{});
  put_series(*store, "cpu", 79, 90);
  EXPECT_EQ(told().size(), 1u);
}

TEST_P(CardinalityWarning, ComesWhenATenantHasFourFifthsOfItsMetrics) {
  open_logged(100, 5);
  Store acme = store->tenant("acme");
  for (const char* name : {"a", "b", "c"}) put_series(acme, name, 0, 2);
  EXPECT_EQ(told(), Lines{});
  put(acme, {{"d", 0, 1, {}}, {"a", 1, 1, {}}});
  EXPECT_EQ(told(), Lines{"tenant \"acme\" has 4 metrics, 80 % of the 5 that are allowed; new ones beyond are refused "
                          "(cardinality_limits.max_metrics_per_tenant)"});
  put(acme, {{"e", 0, 1, {}}});
  acme.write(batch_of({{"f", 0, 1, {}}}));
  EXPECT_EQ(told(), Lines{});
  for (const char* name : {"a", "b", "c", "d", "e"}) put_series(*store, name, 0, 1);
  EXPECT_EQ(told(), Lines{"the space without a tenant has 4 metrics, 80 % of the 5 that are allowed; new ones beyond "
                          "are refused (cardinality_limits.max_metrics_per_tenant)"});
}

Lines shown(const luminate::Cardinality& answer) {
  Lines lines{std::to_string(answer.metric_count) + " metrics (" + std::to_string(answer.metrics_left) + " left), " +
              std::to_string(answer.series_count) + " series"};
  for (const auto& m : answer.metrics) {
    lines.push_back(m.name + " " + std::to_string(m.series) + " (" + std::to_string(m.series_left) + " left)");
  }
  for (const auto& k : answer.keys) {
    lines.push_back(k.metric + "." + k.key + " " + std::to_string(k.values) + " values, " + std::to_string(k.series));
  }
  for (const auto& v : answer.values) {
    lines.push_back(v.metric + "." + v.key + "=" + v.value + " " + std::to_string(v.series));
  }
  return lines;
}

class CardinalityReport : public Cardinality {
 protected:
  void fill() {
    open(limited(10, 5));
    Store acme = store->tenant("acme");
    put(acme, {{"other", 0, 1, {{"host", "elsewhere"}}}});
    put(*store, {{"cpu", 0, 1, {{"host", "a"}, {"core", "0"}}},
                 {"cpu", 0, 1, {{"host", "a"}, {"core", "1"}}},
                 {"cpu", 0, 1, {{"host", "b"}, {"core", "0"}}},
                 {"cpu", 0, 1, {}},
                 {"mem", 0, 1, {{"host", "a"}}},
                 {"mem", 5, 2, {{"host", "a"}}},
                 {"mem", 0, 1, {{"host", "c"}}}});
  }
};
LUMINATE_FOR_ALL_BACKENDS(CardinalityReport);

TEST_P(CardinalityReport, CountsByMetricKeyAndValueTheHeaviestFirst) {
  fill();
  const Lines expected{"2 metrics (3 left), 6 series",
                       "cpu 4 (6 left)",
                       "mem 2 (8 left)",
                       "cpu.core 2 values, 3",
                       "cpu.host 2 values, 3",
                       "mem.host 2 values, 2",
                       "cpu.core=0 2",
                       "cpu.host=a 2",
                       "cpu.core=1 1",
                       "cpu.host=b 1",
                       "mem.host=a 1",
                       "mem.host=c 1"};
  EXPECT_EQ(shown(store->cardinality()), expected);
  EXPECT_EQ(store->cardinality().limits.max_metrics, 5u);
  reopen();  // Nothing of the catalog is in memory now.
  EXPECT_EQ(shown(store->cardinality()), expected);
  (void)store->dimension_keys("cpu");  // Now one metric is.
  EXPECT_EQ(shown(store->cardinality()), expected);
}

TEST_P(CardinalityReport, OfOneMetricListsThatOneAndCountsAll) {
  fill();
  for (int times = 0; times < 2; ++times, reopen()) {
    EXPECT_EQ(shown(store->cardinality({.metric = "mem"})),
              (Lines{"2 metrics (3 left), 6 series", "mem 2 (8 left)", "mem.host 2 values, 2", "mem.host=a 1",
                     "mem.host=c 1"}));
    EXPECT_EQ(shown(store->cardinality({.metric = "none"})), Lines{"2 metrics (3 left), 6 series"});
  }
}

TEST_P(CardinalityReport, CutsEachListAtTheLimit) {
  fill();
  for (int times = 0; times < 2; ++times, reopen()) {
    EXPECT_EQ(shown(store->cardinality({.limit = 1})),
              (Lines{"2 metrics (3 left), 6 series", "cpu 4 (6 left)", "cpu.core 2 values, 3", "cpu.core=0 2"}));
    EXPECT_EQ(shown(store->cardinality({.limit = 4})).size(), 1u + 2 + 3 + 4);
    EXPECT_EQ(shown(store->cardinality({.limit = 0})), Lines{"2 metrics (3 left), 6 series"});
  }
}

TEST_P(CardinalityReport, SeesOneTenantOnly) {
  fill();
  EXPECT_EQ(shown(store->tenant("acme").cardinality()), (Lines{"1 metrics (4 left), 1 series", "other 1 (9 left)",
                                                               "other.host 1 values, 1", "other.host=elsewhere 1"}));
  EXPECT_EQ(shown(store->tenant("nobody").cardinality()), Lines{"0 metrics (5 left), 0 series"});
  EXPECT_EQ(store->tenants(), (Lines{"", "acme"}));
  EXPECT_EQ(store->tenant("acme").tenants(), Lines{"acme"});
  EXPECT_EQ(store->tenant("nobody").tenants(), Lines{});
}

TEST_P(CardinalityReport, FollowsDeletions) {
  fill();
  store->remove({.metric = "cpu", .filters = {{"host", Filter::Kind::any_of, {"a"}}}});
  EXPECT_EQ(shown(store->cardinality({.metric = "cpu"})),
            (Lines{"2 metrics (3 left), 4 series", "cpu 2 (8 left)", "cpu.core 1 values, 1", "cpu.host 1 values, 1",
                   "cpu.core=0 1", "cpu.host=b 1"}));
  Store acme = store->tenant("acme");
  acme.remove({.metric = "other"});
  EXPECT_EQ(store->tenants(), Lines{""});
}

}  // namespace
}  // namespace luminate::conformance
