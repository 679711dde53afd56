// The catalog of one metric with five dimensions a series, beside what else could keep them: a hash map from canonical
// bytes (find, add, memory), a copy of the stored bytes (load), a walk over all series (select).
//
//     build/release/bench/catalog_bench
//
// Argument: the number of series, ten of each customer. bytes_per_series counts what the heap holds.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <luminate/query.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/dimension_set.hpp"
#include "query/matcher.hpp"
#include "sqlite/metric_catalog.hpp"
#include "workload.hpp"

namespace {

using luminate::Batch;
using luminate::sqlite::MetricCatalog;
using luminate::sqlite::WordTable;

struct Series {
  Batch::Fingerprint fingerprint;
  std::string canonical;
};

/// Made once for each size.
const std::vector<Series>& series_of(std::int64_t count) {
  static std::map<std::int64_t, std::vector<Series>> made;
  std::vector<Series>& all = made[count];
  if (all.empty()) {
    luminate::bench::WorkloadShape shape;
    shape.customers = static_cast<std::uint32_t>(count) / shape.endpoints;
    for (std::uint32_t i = 0; i < shape.series(); ++i) {
      std::string canonical = luminate::model::canonical_bytes(luminate::bench::dimensions_of(shape, i));
      all.push_back({luminate::model::fingerprint(canonical), std::move(canonical)});
    }
  }
  return all;
}

struct Filled {
  WordTable words;
  MetricCatalog catalog{words};

  explicit Filled(const std::vector<Series>& all) {
    for (const Series& one : all) catalog.add(one.fingerprint, one.canonical);
    catalog.commit();
  }
};

/// Made once for each size.
Filled& filled_with(std::int64_t count) {
  static std::map<std::int64_t, std::unique_ptr<Filled>> made;
  auto& filled = made[count];
  if (!filled) filled = std::make_unique<Filled>(series_of(count));
  return *filled;
}

using Map = std::unordered_map<std::string, std::uint32_t>;

Map filled_map(const std::vector<Series>& all) {
  Map map;
  for (const Series& one : all) map.emplace(one.canonical, static_cast<std::uint32_t>(map.size()));
  return map;
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// Series are asked for in an order that no cache foresees, as a stream of writes of many customers does.
std::vector<std::uint32_t> shuffled(std::size_t count) {
  std::vector<std::uint32_t> order(count);
  std::uint64_t at = 0;
  for (auto& one : order) one = static_cast<std::uint32_t>((at += 7'919'777) % count);
  return order;
}

void per_series(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void find(benchmark::State& state) {
  const auto& all = series_of(state.range(0));
  const Filled& filled = filled_with(state.range(0));
  const auto order = shuffled(all.size());
  for (auto _ : state) {
    for (const std::uint32_t at : order) {
      benchmark::DoNotOptimize(filled.catalog.find(all[at].fingerprint, all[at].canonical));
    }
  }
  per_series(state);
}

void find_in_hash_map(benchmark::State& state) {
  const auto& all = series_of(state.range(0));
  const Map map = filled_map(all);
  const auto order = shuffled(all.size());
  for (auto _ : state) {
    for (const std::uint32_t at : order) benchmark::DoNotOptimize(map.find(all[at].canonical)->second);
  }
  per_series(state);
}

void add(benchmark::State& state) {
  const auto& all = series_of(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    auto filled = std::make_unique<Filled>(all);
    state.PauseTiming();
    bytes = static_cast<double>(heap_bytes() - before);
    filled.reset();
    state.ResumeTiming();
  }
  per_series(state);
  state.counters["bytes_per_series"] = bytes / static_cast<double>(all.size());
}

void add_to_hash_map(benchmark::State& state) {
  const auto& all = series_of(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    auto map = std::make_unique<Map>(filled_map(all));
    state.PauseTiming();
    bytes = static_cast<double>(heap_bytes() - before);
    map.reset();
    state.ResumeTiming();
  }
  per_series(state);
  state.counters["bytes_per_series"] = bytes / static_cast<double>(all.size());
}

std::vector<std::string> stored(const MetricCatalog& catalog) {
  std::vector<std::string> rows;
  for (std::size_t position = 0; position < catalog.size(); ++position) rows.push_back(catalog.encoded(position));
  return rows;
}

/// As at opening: words are known, series come as rows.
void load(benchmark::State& state) {
  Filled& filled = filled_with(state.range(0));
  const auto rows = stored(filled.catalog);
  for (auto _ : state) {
    auto catalog = std::make_unique<MetricCatalog>(filled.words);
    luminate::sqlite::SeriesId id = 0;
    for (const std::string& row : rows) catalog->restore(++id, std::as_bytes(std::span(row)));
    catalog->commit();
    benchmark::DoNotOptimize(catalog->size());
    state.PauseTiming();
    catalog.reset();
    state.ResumeTiming();
  }
  per_series(state);
}

void load_copies_bytes(benchmark::State& state) {
  const Filled& filled = filled_with(state.range(0));
  const auto rows = stored(filled.catalog);
  for (auto _ : state) {
    std::string copy;
    for (const std::string& row : rows) copy += row;
    benchmark::DoNotOptimize(copy.data());
  }
  per_series(state);
}

const std::vector<luminate::Filter> kOneCustomer = {{.key = "customer_id", .operands = {"cust_7"}}};
const std::vector<luminate::Filter> kRegionAndMethod = {{.key = "region", .operands = {"eu-west"}},
                                                        {.key = "method", .operands = {"GET"}}};

void select(benchmark::State& state, const std::vector<luminate::Filter>& filters) {
  const Filled& filled = filled_with(state.range(0));
  const auto matchers = luminate::query::compile(filters);
  std::size_t found = 0;
  for (auto _ : state) found = filled.catalog.select(matchers, {}).size();
  state.counters["found"] = static_cast<double>(found);
  per_series(state);
}

void select_by_walking(benchmark::State& state, const std::vector<luminate::Filter>& filters) {
  const auto& all = series_of(state.range(0));
  std::size_t found = 0;
  for (auto _ : state) {
    std::vector<std::uint32_t> positions;
    for (std::uint32_t at = 0; at < all.size(); ++at) {
      std::size_t passed = 0;
      luminate::model::DimensionReader reader(all[at].canonical);
      while (const auto dimension = reader.next()) {
        for (const luminate::Filter& filter : filters) {
          passed += dimension->first == filter.key && dimension->second == filter.operands[0] ? 1U : 0U;
        }
      }
      if (passed == filters.size()) positions.push_back(at);
    }
    found = positions.size();
    benchmark::DoNotOptimize(positions.data());
  }
  state.counters["found"] = static_cast<double>(found);
  per_series(state);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);
}

BENCHMARK(find)->Apply(sizes);
BENCHMARK(find_in_hash_map)->Apply(sizes);
BENCHMARK(add)->Apply(sizes);
BENCHMARK(add_to_hash_map)->Apply(sizes);
BENCHMARK(load)->Apply(sizes);
BENCHMARK(load_copies_bytes)->Apply(sizes);
BENCHMARK_CAPTURE(select, one_customer, kOneCustomer)->Apply(sizes);
BENCHMARK_CAPTURE(select_by_walking, one_customer, kOneCustomer)->Apply(sizes);
BENCHMARK_CAPTURE(select, region_and_method, kRegionAndMethod)->Apply(sizes);
BENCHMARK_CAPTURE(select_by_walking, region_and_method, kRegionAndMethod)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
