// From JSON bytes to a durable commit: samples per second in the library and over HTTP, beside a peer that stores the
// same samples as one SQLite row each, in the same run.
//
//     build/release/bench/write_bench [--server build/release/server/luminate-server] [--samples N]
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <luminate/store.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "post_client.hpp"
#include "scratch_folder.hpp"
#include "server_process.hpp"
#include "workload.hpp"

namespace {

using namespace luminate::bench;
namespace fs = std::filesystem;

constexpr std::size_t kBatch = 10'000;

struct Settings {
  /// The server built beside this program.
  std::string server = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "server" / "luminate-server";
  std::size_t samples = 2'000'000;
};

void report(std::string_view what, std::size_t samples, const Measured& measured, std::uintmax_t bytes) {
  std::printf("%-44s %8.2f M samples/s  %6.2f s  %6.2f s CPU  %6.2f bytes/sample\n", std::string(what).c_str(),
              static_cast<double>(samples) / measured.seconds / 1e6, measured.seconds, measured.cpu_seconds,
              static_cast<double>(bytes) / static_cast<double>(samples));
}

/// Runs `post(body)` for every body, from two threads in turns.
void from_two_threads(const std::vector<std::string>& bodies,
                      const std::function<void(std::size_t, const std::string&)>& post) {
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < bodies.size(); i += 2) post(t, bodies[i]);
    });
  }
  for (auto& thread : threads) thread.join();
}

void library(const std::vector<std::string>& bodies, std::size_t samples, std::size_t threads) {
  const ScratchFolder folder;
  const std::string path = folder.file("bench.db");
  Measured measured;
  {
    auto store = luminate::Store::open("sqlite:" + path);
    measured = measure([&] {
      if (threads == 1) {
        for (const auto& body : bodies) store.write_json(body);
      } else {
        from_two_threads(bodies, [&](std::size_t, const std::string& body) { store.write_json(body); });
      }
    });
  }
  report("library, JSON, durable, " + std::to_string(threads) + " thread(s)", samples, measured, fs::file_size(path));
}

void over_http(const std::vector<std::string>& bodies, std::size_t samples, const std::string& program) {
  const ScratchFolder folder;
  const std::string path = folder.file("bench.db");
  Measured measured;
  {
    ServerProcess server(program, "sqlite:" + path);
    PostClient clients[2] = {PostClient(server.port()), PostClient(server.port())};
    measured = measure([&] {
      from_two_threads(bodies, [&](std::size_t t, const std::string& body) { clients[t].post("/api/v1/write", body); });
    });
    measured.cpu_seconds += cpu_seconds(server.process());
    server.stop();
  }
  report("HTTP, JSON, durable, 2 connections", samples, measured, fs::file_size(path));
}

void run_sql(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(database));
  }
}

/// The peer: what an application without Luminate would write. It is spared the JSON and the series.
void rows(std::size_t samples, const WorkloadShape& shape) {
  const ScratchFolder folder;
  const std::string path = folder.file("rows.db");
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  run_sql(database,
          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
          "CREATE TABLE sample(series INTEGER, ts INTEGER, value REAL, PRIMARY KEY (series, ts)) WITHOUT ROWID");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO sample VALUES (?, ?, ?)", -1, &insert, nullptr);
  Workload workload(shape);
  const Measured measured = measure([&] {
    for (std::size_t done = 0; done < samples; done += kBatch) {
      run_sql(database, "BEGIN");
      for (std::size_t i = 0; i < kBatch; ++i) {
        const auto sample = workload.next();
        sqlite3_bind_int64(insert, 1, sample.series);
        sqlite3_bind_int64(insert, 2, sample.timestamp_ms);
        sqlite3_bind_double(insert, 3, sample.value);
        sqlite3_step(insert);
        sqlite3_reset(insert);
      }
      run_sql(database, "COMMIT");
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(database);
  report("peer: SQLite, a row a sample, columns in", samples, measured, fs::file_size(path));
}

void run(std::string_view title, const Settings& settings, WorkloadShape shape) {
  using namespace std::chrono;
  shape.start_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count() - 3'600'000 * 72;
  std::printf("%.*s: %zu samples, %u series, batches of %zu\n", static_cast<int>(title.size()), title.data(),
              settings.samples, Workload(shape).series_count(), kBatch);
  Workload workload(shape);
  std::vector<std::string> bodies;
  for (std::size_t i = 0; i < settings.samples / kBatch; ++i) bodies.push_back(workload.json_body(kBatch));
  library(bodies, settings.samples, 1);
  library(bodies, settings.samples, 2);
  over_http(bodies, settings.samples, settings.server);
  rows(settings.samples, shape);
}

}  // namespace

int main(int argc, char** argv) try {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--server") settings.server = argv[i + 1];
    if (flag == "--samples") settings.samples = std::stoul(argv[i + 1]) / kBatch * kBatch;
  }
  run("Many series in time order (W1)", settings, {});
  // One series after another would come as 1,000-point runs from an agent that buffers: the case of size per sample.
  run("A thousand points a series", settings, {.customers = 200});
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
