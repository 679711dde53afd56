// The engine over 10 million decoded samples in 30,000 series of 3,000 customers, one thread. The peer is a plain sum
// over the same two columns, which does the least any answer could: read every timestamp and value once.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/evaluator.hpp"
#include "model/dimension_set.hpp"

namespace luminate {
namespace {

constexpr std::size_t kSeries = 30'000;
constexpr std::size_t kCustomers = 3'000;
constexpr std::size_t kSamplesPerSeries = 334;
constexpr std::int64_t kStepMs = 10'000;

struct Data {
  std::vector<std::string> dimensions;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;

  Data() {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> latency(3, 1);
    for (std::size_t series = 0; series < kSeries; ++series) {
      dimensions.push_back(model::canonical_bytes({{"customer_id", "cust_" + std::to_string(series % kCustomers)},
                                                   {"host", "h" + std::to_string(series / kCustomers)}}));
      for (std::size_t i = 0; i < kSamplesPerSeries; ++i) {
        timestamps.push_back(1'700'000'000'000 + static_cast<std::int64_t>(i) * kStepMs +
                             static_cast<std::int64_t>(random() % 1000));
        values.push_back(latency(random));
      }
    }
  }
};

const Data& data() {
  static const Data kData;
  return kData;
}

void report(benchmark::State& state) {
  state.counters["per_sample"] =
      benchmark::Counter(static_cast<double>(data().values.size()),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void plain_sum(benchmark::State& state) {
  const Data& d = data();
  for (auto _ : state) {
    double sums[4] = {};
    std::int64_t times[2] = {};
    for (std::size_t i = 0; i + 4 <= d.values.size(); i += 4) {
      for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += d.values[i + lane];
      for (std::size_t lane = 0; lane < 4; ++lane) times[lane % 2] += d.timestamps[i + lane];
    }
    benchmark::DoNotOptimize(sums[0] + sums[1] + sums[2] + sums[3]);
    benchmark::DoNotOptimize(times[0] + times[1]);
  }
  report(state);
}

void run(benchmark::State& state, const query::Plan& plan) {
  const Data& d = data();
  for (auto _ : state) {
    state.PauseTiming();
    engine::Selection selection(plan);
    for (const std::string& dimensions : d.dimensions) selection.add(dimensions);
    state.ResumeTiming();
    engine::NoWorkers workers;
    const auto evaluator = engine::make_evaluator(plan, selection);
    for (std::uint32_t series = 0; series < kSeries; ++series) {
      const std::size_t at = series * kSamplesPerSeries;
      evaluator->add(series, {d.timestamps.data() + at, kSamplesPerSeries}, {d.values.data() + at, kSamplesPerSeries},
                     {});
    }
    benchmark::DoNotOptimize(evaluator->finish(workers, {}).points_scanned);
  }
  report(state);
}

query::Plan plan_by_customer(QueryType type) {
  query::Plan plan;
  plan.type = type;
  plan.group_by = {"customer_id"};
  plan.limits.max_groups = kCustomers;
  return plan;
}

void aggregate(benchmark::State& state, Aggregation aggregation, std::int64_t interval_ms) {
  query::Plan plan = plan_by_customer(QueryType::aggregate);
  plan.aggregations = {aggregation};
  if (interval_ms > 0) plan.interval_ms = interval_ms;
  run(state, plan);
}

void rate(benchmark::State& state, std::int64_t interval_ms) {
  query::Plan plan = plan_by_customer(QueryType::rate);
  plan.interval_ms = interval_ms;
  run(state, plan);
}

void range(benchmark::State& state) {
  query::Plan plan = plan_by_customer(QueryType::range);
  plan.limit = 10'000;
  run(state, plan);
}

void select_series(benchmark::State& state) {
  const query::Plan plan = plan_by_customer(QueryType::rate);
  for (auto _ : state) {
    engine::Selection selection(plan);
    for (const std::string& dimensions : data().dimensions) selection.add(dimensions);
    benchmark::DoNotOptimize(selection.group_count());
  }
}

using Kind = Aggregation::Kind;
BENCHMARK(plain_sum)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, avg, Aggregation{Kind::avg, 0}, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, max, Aggregation{Kind::max, 0}, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, stddev, Aggregation{Kind::stddev, 0}, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, integral, Aggregation{Kind::integral, 0}, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, p95, Aggregation::quantile(0.95), 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, p50, Aggregation::quantile(0.5), 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, avg_by_5m, Aggregation{Kind::avg, 0}, 300'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, avg_by_1m, Aggregation{Kind::avg, 0}, 60'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, p95_by_5m, Aggregation::quantile(0.95), 300'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(aggregate, last_by_1m, Aggregation{Kind::last, 0}, 60'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rate, by_1m, 60'000)->Unit(benchmark::kMillisecond);
BENCHMARK(range)->Unit(benchmark::kMillisecond);
BENCHMARK(select_series)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace luminate

BENCHMARK_MAIN();
