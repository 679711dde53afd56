// One caller who writes one point at a time, durably: what it costs beside one fsync of the same disk, and beside a row
// in a plain SQLite table.
//
//     build/release/bench/durable_bench [--points 1000] [--record 1]
//
// The three take turns, so that they meet the same disk. --record 1 prints one JSON object.
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <luminate/store.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "measure.hpp"
#include "scratch_folder.hpp"
#include "synced_file.hpp"

namespace {

using namespace luminate::bench;

class RowTable {
 public:
  explicit RowTable(const std::string& path) {
    sqlite3_open(path.c_str(), &database_);
    sqlite3_exec(database_,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 "CREATE TABLE sample(series INTEGER, ts INTEGER, value REAL, PRIMARY KEY (series, ts)) WITHOUT ROWID",
                 nullptr, nullptr, nullptr);
    sqlite3_prepare_v2(database_, "INSERT INTO sample VALUES (1, ?, 12.5)", -1, &insert_, nullptr);
  }
  ~RowTable() {
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  RowTable(const RowTable&) = delete;
  RowTable& operator=(const RowTable&) = delete;

  void insert(std::int64_t timestamp_ms) const {
    sqlite3_bind_int64(insert_, 1, timestamp_ms);
    const bool done = sqlite3_step(insert_) == SQLITE_DONE;
    sqlite3_reset(insert_);
    if (!done) throw std::runtime_error(sqlite3_errmsg(database_));
  }

 private:
  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

template <class Work>
void time_into(std::vector<double>& seconds, Work&& work) {
  const Stopwatch watch;
  work();
  seconds.push_back(watch.seconds());
}

void print(const char* what, const std::vector<double>& seconds, double sync_p50) {
  const double p50 = quantile(seconds, 0.5);
  const double p99 = quantile(seconds, 0.99);
  std::printf("%-34s p50 %7.0f us (%5.2f x one fsync)   p99 %7.0f us (%5.2f x)\n", what, p50 * 1e6, p50 / sync_p50,
              p99 * 1e6, p99 / sync_p50);
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace std::chrono;
  constexpr std::size_t kTurn = 50;
  const Flags flags(argc, argv, {"--points", "--record"});
  const std::size_t points = flags.count("--points", 1'000);

  const ScratchFolder folder;
  SyncedFile file(folder.file("file"));
  const RowTable table(folder.file("rows.db"));
  auto store = luminate::Store::open("sqlite:" + folder.file("store.db"));
  const std::int64_t now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  luminate::Batch batch;
  std::vector<double> syncs;
  std::vector<double> rows;
  std::vector<double> writes;
  for (std::size_t done = 0; done < points; done += kTurn) {
    const std::size_t turn = std::min(kTurn, points - done);
    for (std::size_t i = 0; i < turn; ++i) time_into(syncs, [&] { file.write_and_sync(); });
    for (std::size_t i = 0; i < turn; ++i) {
      time_into(rows, [&] { table.insert(now_ms + static_cast<std::int64_t>(done + i)); });
    }
    for (std::size_t i = 0; i < turn; ++i) {
      const std::string customer = "cust_" + std::to_string((done + i) % 1'000);
      time_into(writes, [&] {
        batch.clear();
        batch.add({"api_latency", now_ms + static_cast<std::int64_t>(done + i), 12.5, {{"customer_id", customer}}});
        store.write(batch);
      });
    }
  }

  if (flags.count("--record", 0) != 0) {
    Record()
        .add("fsync_p50_seconds", quantile(syncs, 0.5))
        .add("fsync_p99_seconds", quantile(syncs, 0.99))
        .add("sqlite_row_p50_seconds", quantile(rows, 0.5))
        .add("sqlite_row_p99_seconds", quantile(rows, 0.99))
        .add("point_p50_seconds", quantile(writes, 0.5))
        .add("point_p99_seconds", quantile(writes, 0.99))
        .print();
    return 0;
  }
  std::printf("One point at a time, durability full, one caller, %zu of each in turns\n", points);
  const double sync_p50 = quantile(syncs, 0.5);
  print("limit: one page and fsync", syncs, sync_p50);
  print("peer: SQLite, one row", rows, sync_p50);
  print("Luminate, one point", writes, sync_p50);
  return 0;
} catch (const std::exception& error) {
  std::cerr << "durable_bench: " << error.what() << '\n';
  return 1;
}
