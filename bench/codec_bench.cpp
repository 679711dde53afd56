// The segment codec beside what else could be done with the same columns: copy them, or compress them with zstd; and
// beside how fast this machine reads memory.
//     build/release/bench/codec_bench
// Every figure is of one core. bytes_per_second counts raw columns (16 bytes a sample, 8 where only one column is
// read), whatever the format makes of them; bytes/sample is the encoded size.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "codec/segment.hpp"
#include "codec/segment_head.hpp"

namespace {

using namespace luminate::codec;

struct Columns {
  std::vector<Run> runs;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
};

using NextValue = double (*)(double before, std::mt19937_64& random);

// gamma(2, 60) with one decimal: latencies in milliseconds.
double latency(double, std::mt19937_64& random) {
  return std::round(std::gamma_distribution<double>(2, 60)(random) * 10) / 10;
}
double any_double(double, std::mt19937_64& random) {
  return std::uniform_real_distribution<double>(0, 100)(random);
}
double counter(double before, std::mt19937_64& random) {
  return before + static_cast<double>(random() % 200);
}

Columns make(std::size_t series, std::uint32_t each, std::uint64_t jitter_ms, NextValue next) {
  std::mt19937_64 random(1);
  Columns columns;
  for (std::size_t i = 0, id = 1; i < series; ++i, id += 1 + random() % 100) {
    columns.runs.push_back({.series = id, .count = each});
    double value = 0;
    const std::uint64_t start = 1'790'000'000'000 + random() % (each == 1 ? 50 : 10'000);
    for (std::uint64_t k = 0; k < each; ++k) {
      columns.timestamps.push_back(static_cast<std::int64_t>(start + k * 10'000 + random() % (jitter_ms + 1)));
      columns.values.push_back(value = next(value, random));
    }
  }
  return columns;
}

const Columns& workload(std::int64_t which) {
  static const Columns kWorkloads[] = {
      make(10, 1000, 0, latency),    make(10, 1000, 10, latency),  make(10'000, 1, 0, latency),
      make(10, 1000, 0, any_double), make(10, 1000, 0, counter),   make(728, 360, 0, latency),
      make(728, 360, 10, latency),   make(26'214, 10, 0, latency), make(26'214, 10, 10, latency),
  };
  return kWorkloads[which];
}

const char* const kNames[] = {"long_runs",   "long_runs_jitter",   "one_sample_runs", "random_doubles",   "counters",
                              "runs_of_360", "runs_of_360_jitter", "runs_of_10",      "runs_of_10_jitter"};

void report(benchmark::State& state, const Columns& columns, std::size_t encoded_bytes) {
  const auto samples = static_cast<std::int64_t>(columns.values.size());
  state.SetItemsProcessed(state.iterations() * samples);
  state.SetBytesProcessed(state.iterations() * samples * 16);
  state.counters["bytes/sample"] = static_cast<double>(encoded_bytes) / static_cast<double>(samples);
  state.SetLabel(kNames[state.range(0)]);
}

std::string raw_columns(const Columns& columns) {
  std::string raw(columns.runs.size() * sizeof(Run) + columns.values.size() * 16, '\0');
  std::memcpy(raw.data(), columns.runs.data(), columns.runs.size() * sizeof(Run));
  char* const after_runs = raw.data() + columns.runs.size() * sizeof(Run);
  std::memcpy(after_runs, columns.timestamps.data(), columns.timestamps.size() * 8);
  std::memcpy(after_runs + columns.timestamps.size() * 8, columns.values.data(), columns.values.size() * 8);
  return raw;
}

std::vector<RunStatistics> statistics_of(const Columns& columns) {
  std::vector<RunStatistics> statistics;
  for (std::size_t begin = 0; const Run& run : columns.runs) {
    const auto values = std::span(columns.values).subspan(begin, run.count);
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    statistics.push_back({.sum = std::accumulate(values.begin(), values.end(), 0.0),
                          .minimum = *least,
                          .maximum = *most,
                          .first = values.front(),
                          .last = values.back(),
                          .first_timestamp = columns.timestamps[begin],
                          .last_timestamp = columns.timestamps[begin + run.count - 1]});
    begin += run.count;
  }
  return statistics;
}

void encode(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  std::string bytes;
  for (auto _ : state) {
    bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
    benchmark::DoNotOptimize(bytes.data());
  }
  report(state, columns, bytes.size());
}

void decode(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
  std::vector<std::int64_t> timestamps(columns.values.size());
  std::vector<double> values(columns.values.size());
  for (auto _ : state) {
    const SegmentReader reader(std::as_bytes(std::span(bytes)));
    reader.read_timestamps(timestamps);
    reader.read_values(values);
    benchmark::ClobberMemory();
  }
  report(state, columns, bytes.size());
}

void decode_timestamps(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
  const SegmentReader reader(std::as_bytes(std::span(bytes)));
  std::vector<std::int64_t> timestamps(columns.values.size());
  for (auto _ : state) {
    reader.read_timestamps(timestamps);
    benchmark::ClobberMemory();
  }
  report(state, columns, bytes.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(columns.values.size()) * 8);
}

// The checksum of all, and the runs.
void open(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
  for (auto _ : state) benchmark::DoNotOptimize(SegmentReader(std::as_bytes(std::span(bytes))).runs().data());
  report(state, columns, bytes.size());
}

// One run in the middle, of a segment that is open; `fresh`: of one that has not been asked before.
void read_one_run(benchmark::State& state, bool fresh) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
  const SegmentReader opened(std::as_bytes(std::span(bytes)));
  const std::size_t count = columns.runs[0].count;
  const std::size_t begin = columns.runs.size() / 2 * count;
  std::vector<std::int64_t> timestamps(count);
  std::vector<double> values(count);
  for (auto _ : state) {
    if (fresh) {
      const SegmentReader reader(opened);
      reader.read_rows(begin, begin + count, timestamps, values);
    } else {
      opened.read_rows(begin, begin + count, timestamps, values);
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
  state.SetLabel(kNames[state.range(0)]);
}

void read_head(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values, statistics_of(columns));
  const auto all = std::as_bytes(std::span(bytes));
  std::size_t size = 0;
  for (auto _ : state) {
    size = SegmentHead::size_of(all.first(kHeaderSize));
    benchmark::DoNotOptimize(SegmentHead(all.first(size)).statistics().data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(columns.runs.size()));
  state.counters["bytes/run"] = static_cast<double>(size) / static_cast<double>(columns.runs.size());
  state.SetLabel(kNames[state.range(0)]);
}

// Doubles alone.
void decode_values(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string bytes = encode_segment(columns.runs, columns.timestamps, columns.values);
  const SegmentReader reader(std::as_bytes(std::span(bytes)));
  std::vector<double> values(columns.values.size());
  for (auto _ : state) {
    reader.read_values(values);
    benchmark::ClobberMemory();
  }
  report(state, columns, bytes.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(columns.values.size()) * 8);
}

void copy(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string raw = raw_columns(columns);
  std::string to(raw.size(), '\0');
  for (auto _ : state) {
    std::memcpy(to.data(), raw.data(), raw.size());
    benchmark::ClobberMemory();
  }
  report(state, columns, raw.size());
}

// An array that no cache holds, read front to back: what any scan of raw columns is limited by.
void read_memory(benchmark::State& state) {
  const std::vector<std::uint64_t> numbers(std::size_t{1} << 26, 1);
  for (auto _ : state) {
    std::uint64_t sums[8] = {};
    for (std::size_t i = 0; i < numbers.size(); i += std::size(sums)) {
      for (std::size_t lane = 0; lane < std::size(sums); ++lane) sums[lane] += numbers[i + lane];
    }
    benchmark::DoNotOptimize(sums);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(numbers.size() * sizeof(numbers[0])));
}

void zstd_1_encode(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string raw = raw_columns(columns);
  std::string to(ZSTD_compressBound(raw.size()), '\0');
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  std::size_t size = 0;
  for (auto _ : state) {
    size = ZSTD_compressCCtx(context, to.data(), to.size(), raw.data(), raw.size(), 1);
    benchmark::ClobberMemory();
  }
  ZSTD_freeCCtx(context);
  report(state, columns, size);
}

void zstd_1_decode(benchmark::State& state) {
  const Columns& columns = workload(state.range(0));
  const std::string raw = raw_columns(columns);
  std::string compressed(ZSTD_compressBound(raw.size()), '\0');
  compressed.resize(ZSTD_compress(compressed.data(), compressed.size(), raw.data(), raw.size(), 1));
  std::string to(raw.size(), '\0');
  ZSTD_DCtx* const context = ZSTD_createDCtx();
  for (auto _ : state) {
    benchmark::DoNotOptimize(ZSTD_decompressDCtx(context, to.data(), to.size(), compressed.data(), compressed.size()));
    benchmark::ClobberMemory();
  }
  ZSTD_freeDCtx(context);
  report(state, columns, compressed.size());
}

BENCHMARK(read_memory);
BENCHMARK(copy)->DenseRange(0, 8);
BENCHMARK(encode)->DenseRange(0, 8);
BENCHMARK(decode)->DenseRange(0, 8);
BENCHMARK(decode_timestamps)->DenseRange(0, 8);
BENCHMARK(decode_values)->DenseRange(0, 8);
BENCHMARK(open)->DenseRange(0, 8);
BENCHMARK_CAPTURE(read_one_run, first, true)->DenseRange(5, 8);
BENCHMARK_CAPTURE(read_one_run, further, false)->DenseRange(5, 8);
BENCHMARK(read_head)->DenseRange(5, 5);
BENCHMARK(zstd_1_encode)->DenseRange(0, 8);
BENCHMARK(zstd_1_decode)->DenseRange(0, 8);

}  // namespace

BENCHMARK_MAIN();
