// A program of several threads that keeps a store: workers serve requests and record how long each took, a recorder
// writes that behind their backs, and anybody may ask meanwhile.
//
//     threads [URL]      the store is sqlite:threads.db unless a URL names another
#include "threads/recorder.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono;

constexpr int kWorkers = 4;
constexpr int kRequests = 100;  // Of each worker.
constexpr std::array<std::string_view, 3> kCustomers = {"acme", "initech", "zenith"};

std::int64_t now_ms() {
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// What the program is really there for.
void serve(std::string_view customer) {
  std::this_thread::sleep_for(milliseconds(customer == "zenith" ? 3 : 1));
}

/// A sample replaces another of the same series and millisecond. So that no two requests are one sample, the worker is
/// a dimension, and a worker serves one request at a time, which takes a millisecond at least.
void work(int worker, threads::Recorder& recorder) {
  for (int request = 0; request < kRequests; ++request) {
    const auto customer = kCustomers.at(static_cast<std::size_t>(request) % kCustomers.size());
    const auto start = steady_clock::now();
    serve(customer);
    const double took_ms = duration<double, std::milli>(steady_clock::now() - start).count();
    recorder.record({"request_ms",
                     now_ms(),
                     took_ms,
                     {{"customer_id", std::string(customer)}, {"worker", std::to_string(worker)}}});
  }
}

void report(const luminate::Store& store, std::int64_t since_ms) {
  const auto query = luminate::Query::aggregate(
                         "request_ms", {luminate::Aggregation::quantile(0.95), {luminate::Aggregation::Kind::max}})
                         .between(since_ms, now_ms() + 1)
                         .by({"customer_id"});
  const luminate::Result result = store.query(query);
  for (const auto& row : result.aggregate().rows) {
    std::cout << row.group[0] << ": " << row.count << " requests, p95 " << row.values[0] << " ms, longest "
              << row.values[1] << " ms\n";
  }
}

}  // namespace

int main(int argc, char** argv) try {
  auto store = luminate::Store::open(argc > 1 ? argv[1] : "sqlite:threads.db");
  const std::int64_t start_ms = now_ms();
  threads::Recorder recorder(store, milliseconds(50));
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([worker, &recorder] { work(worker, recorder); });
    }
    // Reads see what was written before, and hold up nobody.
    std::cout << "series while they work: " << store.series_count("request_ms") << '\n';
  }  // All workers are done.
  recorder.flush();

  const auto counts = recorder.counts();
  std::cout << counts.stored << " measurements stored, " << counts.refused << " refused, " << counts.dropped
            << " dropped\n"
            << std::fixed << std::setprecision(1);
  report(store, start_ms);
  if (!counts.last_error.empty()) std::cerr << counts.last_error << '\n';
  return counts.dropped == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
