// host_metrics: measures the machine it runs on, stores that in Luminate, and reports what Luminate answers.
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "host_metrics/report.hpp"
#include "host_metrics/sampler.hpp"
#include "host_metrics/sink.hpp"

namespace {

std::string host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "localhost";
  return host_metrics::as_dimension_value(name);
}

struct Settings {
  unsigned seconds = 10;
  std::size_t top = 10;
  std::string store = "sqlite:host_metrics.db";
  std::string server;
};

void run(const Settings& settings) {
  using namespace host_metrics;
  const auto sink = settings.server.empty() ? open_store(settings.store) : connect_to_server(settings.server);
  const std::string host = host_name();
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));

  luminate::TimeRange range;
  std::size_t points_written = 0;
  Snapshot before = take_snapshot();
  auto next = std::chrono::steady_clock::now();
  for (unsigned second = 0; second < settings.seconds; ++second) {
    next += std::chrono::seconds(1);
    std::this_thread::sleep_until(next);
    Snapshot now = take_snapshot();
    const auto points = points_between(before, now, host, ticks_per_second, settings.top);
    sink->write(to_write_json(points));
    points_written += points.size();
    if (second == 0) range.start_ms = now.timestamp_ms;
    range.end_ms = now.timestamp_ms + 1;
    before = std::move(now);
  }

  std::cout << host << ": " << settings.seconds << " s, " << points_written << " points in "
            << (settings.server.empty() ? settings.store : settings.server) << '\n';
  print_report(*sink, host, range, std::cout);
}

}  // namespace

int main(int argc, char** argv) try {
  Settings settings;
  CLI::App app(
      "Measures this machine once a second (CPU per core and mode, memory, disks, network, load, busiest processes),\n"
      "stores the measurements in Luminate, then asks Luminate for averages, percentiles and rates of them.");
  app.add_option("--seconds", settings.seconds, "How long to measure")
      ->capture_default_str()
      ->check(CLI::Range(1U, 86'400U));
  app.add_option("--top", settings.top, "How many of the busiest processes to store each second")
      ->capture_default_str()
      ->check(CLI::Range(0U, 1'000U));
  auto* store = app.add_option("--store", settings.store, "The store to write, in this process: sqlite:PATH or memory:")
                    ->capture_default_str();
  app.add_option("--server", settings.server, "Send to this luminate-server instead, such as http://127.0.0.1:8080")
      ->excludes(store);
  app.footer(
      "Examples:\n"
      "  host_metrics --seconds 30                          into ./host_metrics.db, which later runs add to\n"
      "  host_metrics --store memory:                       nothing is left behind\n"
      "  host_metrics --server http://127.0.0.1:8080        into the server that `make run` starts");
  CLI11_PARSE(app, argc, argv);
  run(settings);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "host_metrics: " << error.what() << '\n';
  return 1;
}
