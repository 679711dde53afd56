// How cost grows: with the number of series, of samples, of concurrent writers and readers. Through the library.
//
//     build/release/bench/growth_bench [ROW...] [--output build/growth.jsonl] [--seconds 3]
//
// Without a row: some small ones. "all": every row, which takes many minutes. Each row has processes of its own, so
// that memory is that of the row. What is printed is also added to the output file, one JSON object a line.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iostream>
#include <luminate/store.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "endless_bodies.hpp"
#include "measure.hpp"
#include "scratch_folder.hpp"
#include "workload.hpp"

namespace {

using namespace luminate::bench;
namespace fs = std::filesystem;

/// The figures of one row, on their way to the terminal and to the output file.
class Figures {
 public:
  Figures(std::string row, std::string output) : row_(std::move(row)), output_(std::move(output)) {
    record_.add("row", row_);
  }
  Figures& add(const char* name, double value, const char* unit) {
    std::printf("%-14s %-44s %12.4g %s\n", row_.c_str(), name, value, unit);
    std::fflush(stdout);
    record_.add(std::string(name) + ", " + unit, value);
    return *this;
  }
  void done() {
    if (!output_.empty()) std::ofstream(output_, std::ios::app) << record_.text() << '\n';
  }

 private:
  std::string row_;
  std::string output_;
  Record record_;
};

luminate::Options generous() {
  luminate::Options options;
  options.points.max_age = std::chrono::days(3'650);  // The data are of a fixed day.
  options.cardinality.max_series_per_metric = 100'000'000;
  options.queries.max_groups = options.queries.max_rows = 10'000'000;
  options.queries.default_timeout = options.queries.max_timeout = std::chrono::minutes(5);
  return options;
}

luminate::Store open(const std::string& path) {
  return luminate::Store::open("sqlite:" + path, generous());
}

/// Stores from before there was compaction are left as they are.
template <class AnyStore>
void compact_if_it_can(AnyStore& store) {
  if constexpr (requires { store.compact(); }) store.compact();
}

double millions(std::uint64_t samples, double seconds) {
  return static_cast<double>(samples) / seconds / 1e6;
}

double megabytes(std::size_t bytes) {
  return static_cast<double>(bytes) / 1e6;
}

/// Writes the bodies at [begin, end) of a stream, from two threads.
void write_bodies(luminate::Store& store, EndlessBodies& bodies, std::size_t begin, std::size_t end) {
  const auto write_each_second = [&](std::size_t first) {
    for (std::size_t i = first; i < end; i += 2) store.write_json(bodies.at(i));
  };
  auto other = std::async(std::launch::async, write_each_second, begin + 1);
  write_each_second(begin);
  other.get();
}

/// Ingests in blocks of 10 million samples, without a pause, and says how fast the first and the last one went.
void ingest(Figures& figures, const std::string& path, const WorkloadShape& shape, std::uint32_t steps,
            std::uint64_t samples) {
  constexpr std::size_t kBlock = 10'000'000 / EndlessBodies::kPoints;
  EndlessBodies bodies(shape, steps);
  const std::size_t total = samples / EndlessBodies::kPoints;
  const std::size_t before = peak_memory_of_self();
  auto store = open(path);
  std::vector<double> rates;
  const Measured measured = measure([&] {
    for (std::size_t done = 0; done < total; done += kBlock) {
      const std::size_t end = std::min(total, done + kBlock);
      const Stopwatch watch;
      write_bodies(store, bodies, done, end);
      rates.push_back(millions((end - done) * EndlessBodies::kPoints, watch.seconds()));
    }
  });
  figures.add("ingest", millions(samples, measured.seconds), "M samples/s");
  figures.add("ingest, CPU per million samples", measured.cpu_seconds / static_cast<double>(samples) * 1e6, "s");
  if (rates.size() > 1) {
    figures.add("ingest, first 10 million", rates.front(), "M samples/s");
    figures.add("ingest, last 10 million", rates.back(), "M samples/s");
    figures.add("last against first", rates.back() / rates.front(), "x");
  }
  figures.add("memory while ingesting", megabytes(peak_memory_of_self() - before), "MB");
  store.close();
}

void compact(Figures& figures, const std::string& path, std::uint64_t samples) {
  const auto bytes_per_sample = [&] { return static_cast<double>(fs::file_size(path)) / static_cast<double>(samples); };
  figures.add("file as ingested", bytes_per_sample(), "bytes/sample");
  auto store = open(path);
  const Measured measured = measure([&] { compact_if_it_can(store); });
  store.close();
  figures.add("compact()", measured.seconds, "s");
  figures.add("file after compact()", bytes_per_sample(), "bytes/sample");
}

/// Opens the store in a fresh process and asks.
void ask(Figures& figures, const std::string& path, const luminate::TimeRange& range) {
  using luminate::Aggregation;
  using luminate::Query;
  const std::size_t before = peak_memory_of_self();
  const Stopwatch opening;
  const auto store = open(path);
  figures.add("open", opening.seconds() * 1e3, "ms");
  const auto time = [&](const char* name, Query query) {
    const Stopwatch watch;
    store.query(query.between(range.start_ms, range.end_ms));
    figures.add(name, watch.seconds() * 1e3, "ms");
  };
  const auto p95 = Query::aggregate("api_latency", {Aggregation::quantile(0.95)});
  const auto avg = Query::aggregate("api_latency", {Aggregation{}});
  time("first query: p95 of one customer", Query(p95).where("customer_id", "cust_7"));
  time("again", Query(p95).where("customer_id", "cust_8"));
  figures.add("memory after these", megabytes(peak_memory_of_self() - before), "MB");
  time("avg by region, all data", Query(avg).by({"region"}));
  time("avg by customer, all data", Query(avg).by({"customer_id"}));
  figures.add("memory after all", megabytes(peak_memory_of_self() - before), "MB");
}

/// Runs `work` in a child, whose memory is its own.
void in_child(const std::function<void()>& work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 0;
    try {
      work();
    } catch (const std::exception& error) {
      std::cerr << "growth_bench: " << error.what() << '\n';
      status = 1;
    }
    std::fflush(stdout);
    ::_exit(status);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("a row failed");
}

struct Run {
  std::string row;
  std::string output;
  double seconds = 3;

  void phase(const std::function<void(Figures&)>& work) const {
    in_child([&] {
      Figures figures(row, output);
      work(figures);
      figures.done();
    });
  }
};

void grow(const Run& run, WorkloadShape shape, std::uint32_t pool_steps, std::uint64_t samples) {
  const ScratchFolder folder;
  const std::string path = folder.file("store.db");
  const auto steps = static_cast<std::int64_t>(samples / shape.series() + 1);
  const luminate::TimeRange range{shape.start_ms, shape.start_ms + steps * shape.step_ms};
  run.phase([&](Figures& figures) { ingest(figures, path, shape, pool_steps, samples); });
  run.phase([&](Figures& figures) { compact(figures, path, samples); });
  run.phase([&](Figures& figures) { ask(figures, path, range); });
}

/// Ten million samples, in ever more series.
void series_row(const Run& run, std::uint32_t series) {
  const auto each = static_cast<std::uint32_t>(10'000'000 / series);
  WorkloadShape shape;
  shape.customers = series / shape.endpoints;
  grow(run, shape, each, std::uint64_t{each} * series);
}

/// Ever more samples, in 30,000 series.
void samples_row(const Run& run, std::uint64_t samples) {
  grow(run, {}, 40, samples);
}

struct Latencies {
  std::vector<double> seconds;
  std::exception_ptr failure;
};

/// Runs `call(which)` over and over on `threads` threads until `stop`; all three must outlive the threads.
std::vector<std::jthread> callers(std::size_t threads, std::vector<Latencies>& latencies, const std::atomic<bool>& stop,
                                  const std::function<void(std::size_t)>& call) {
  std::vector<std::jthread> started;
  latencies.resize(threads);
  for (std::size_t t = 0; t < threads; ++t) {
    started.emplace_back([&, t] {
      try {
        while (!stop) {
          const Stopwatch watch;
          call(t);
          latencies[t].seconds.push_back(watch.seconds());
        }
      } catch (...) {
        latencies[t].failure = std::current_exception();
      }
    });
  }
  return started;
}

std::vector<double> all_of(const std::vector<Latencies>& latencies) {
  std::vector<double> all;
  for (const Latencies& one : latencies) {
    if (one.failure) std::rethrow_exception(one.failure);
    all.insert(all.end(), one.seconds.begin(), one.seconds.end());
  }
  return all;
}

/// A writer has a customer of its own and sends ten samples of each of its ten endpoints at a time.
void concurrency_row(const Run& run, std::size_t writers, std::size_t readers) {
  run.phase([&](Figures& figures) {
    const ScratchFolder folder;
    auto store = open(folder.file("store.db"));
    const WorkloadShape shape = w1(0.1);
    EndlessBodies bodies(shape, 100);
    for (std::size_t i = 0; i < bodies.pool_size(); ++i) store.write_json(bodies.at(i));
    compact_if_it_can(store);

    std::vector<std::int64_t> clocks(writers, shape.start_ms);
    const std::function<void(std::size_t)> write = [&](std::size_t t) {
      luminate::Batch batch;
      std::array<luminate::Batch::SeriesIndex, 10> series{};
      for (std::size_t e = 0; e < series.size(); ++e) {
        series[e] = batch.series("api_latency", {{"customer_id", "writer_" + std::to_string(t)},
                                                 {"endpoint", "/api/v1/resource_" + std::to_string(e)},
                                                 {"region", "eu-west"}});
      }
      for (std::size_t i = 0; i < 100; ++i) {
        if (i % series.size() == 0) clocks[t] += 10;
        batch.add(series[i % series.size()], clocks[t], static_cast<double>(i));
      }
      store.write(batch);
    };
    std::vector<std::mt19937> random(readers);
    const std::function<void(std::size_t)> read = [&](std::size_t t) {
      const std::string customer = "cust_" + std::to_string(random[t]() % shape.customers);
      store.query(luminate::Query::aggregate("api_latency", {luminate::Aggregation::quantile(0.95)})
                      .between(shape.start_ms, shape.start_ms + 100 * shape.step_ms)
                      .where("customer_id", customer));
    };

    std::atomic<bool> stop = false;
    std::vector<Latencies> writes;
    std::vector<Latencies> reads;
    const Measured measured = measure([&] {
      const auto writing = callers(writers, writes, stop, write);
      const auto reading = callers(readers, reads, stop, read);
      std::this_thread::sleep_for(std::chrono::duration<double>(run.seconds));
      stop = true;
    });
    const auto report = [&](const char* what, const char* median, const char* worst,
                            const std::vector<double>& seconds) {
      figures.add(what, static_cast<double>(seconds.size()) / measured.seconds, "/s");
      figures.add(median, quantile(seconds, 0.5) * 1e3, "ms");
      figures.add(worst, quantile(seconds, 0.99) * 1e3, "ms");
    };
    if (writers > 0) report("writes of 100 points", "write, p50", "write, p99", all_of(writes));
    if (readers > 0) report("queries, p95 of one customer", "query, p50", "query, p99", all_of(reads));
    figures.add("CPU", measured.cpu_seconds / measured.seconds, "cores");
    store.close();
  });
}

using Row = std::pair<std::string_view, std::function<void(const Run&)>>;

std::vector<Row> rows() {
  return {
      {"series-10k", [](const Run& run) { series_row(run, 10'000); }},
      {"series-100k", [](const Run& run) { series_row(run, 100'000); }},
      {"series-1m", [](const Run& run) { series_row(run, 1'000'000); }},
      {"series-3m", [](const Run& run) { series_row(run, 3'000'000); }},
      {"samples-1m", [](const Run& run) { samples_row(run, 1'000'000); }},
      {"samples-10m", [](const Run& run) { samples_row(run, 10'000'000); }},
      {"samples-100m", [](const Run& run) { samples_row(run, 100'000'000); }},
      {"writers-1", [](const Run& run) { concurrency_row(run, 1, 0); }},
      {"writers-8", [](const Run& run) { concurrency_row(run, 8, 0); }},
      {"writers-64", [](const Run& run) { concurrency_row(run, 64, 0); }},
      {"readers-1", [](const Run& run) { concurrency_row(run, 0, 1); }},
      {"readers-8", [](const Run& run) { concurrency_row(run, 0, 8); }},
      {"readers-64", [](const Run& run) { concurrency_row(run, 0, 64); }},
      {"both-1", [](const Run& run) { concurrency_row(run, 1, 1); }},
      {"both-8", [](const Run& run) { concurrency_row(run, 8, 8); }},
      {"both-64", [](const Run& run) { concurrency_row(run, 64, 64); }},
  };
}

constexpr std::array<std::string_view, 3> kSmall = {"samples-1m", "writers-8", "readers-8"};

bool wanted(const std::vector<std::string>& words, std::string_view row) {
  const auto is = [&](std::string_view word) { return word == row || word == "all"; };
  return words.empty() ? std::any_of(kSmall.begin(), kSmall.end(), is) : std::any_of(words.begin(), words.end(), is);
}

}  // namespace

int main(int argc, char** argv) try {
  const Flags flags(argc, argv, {"--output", "--seconds"});
  std::size_t done = 0;
  for (const auto& [name, run] : rows()) {
    if (!wanted(flags.words(), name)) continue;
    run({std::string(name), flags.text("--output", ""), flags.number("--seconds", 3)});
    ++done;
  }
  if (done == 0) {
    std::string message = "no such row; there are: all";
    for (const auto& [name, run] : rows()) (message += ' ') += name;
    throw std::runtime_error(message);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "growth_bench: " << error.what() << '\n';
  return 1;
}
