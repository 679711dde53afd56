// Writing to PostgreSQL: the library and luminate-server beside `psql \copy ... (FORMAT binary)` of the same rows into
// the same tables, on a cluster of this run's own, with fsync on and the settings that docs/backends.md recommends.
//
//     build/release/bench/postgres_write_bench [--rounds 3] [--samples 1200000] [--connections 2] [--pool 10]
//         [--place /var/tmp] [--server build/release/server/luminate-server]
//
// Workload W1: 30,000 series in turns, so that each batch of 10,000 samples goes to 10,000 places of the index. In each
// round every way of writing gets tables of its own, after a checkpoint; the rounds begin with another way each. The
// ratio to \copy is taken within a round. "10 % again": every tenth sample replaces one of the step before it.
//
// The statements that the writer could have used were measured by the same workload (60 batches, one connection, time
// of the server's process, microseconds a row; unsorted: the rows of a batch in random order):
//
//                                                      no conflicts   unsorted   10 % conflicts
//     COPY into the partitioned table                          1.72       2.31
//     COPY into the partition itself                           1.73       2.19
//     INSERT ... SELECT unnest                                 2.08       2.83
//     INSERT ... SELECT unnest ON CONFLICT                     3.36       4.33             3.47
//     COPY into a temporary table, INSERT ON CONFLICT          3.29
//     existing rows looked up, ON CONFLICT for these, COPY     2.67                        3.17
//     UPDATE of existing rows, INSERT of others                4.45                        4.84
//     COPY without the BRIN index                              1.48
//     COPY without any index                                   0.39
//
// So what matters is the primary key's index, then not to ask about conflicts, then the order. Hence: sort a batch,
// COPY what is likely to be new (ConflictMemory knows the newest sample of each series), and ON CONFLICT for the rest
// alone.
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not of <csignal>.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <luminate/store.hpp>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "endless_bodies.hpp"
#include "measure.hpp"
#include "post_client.hpp"
#include "scratch_folder.hpp"
#include "server_process.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"
#include "workload.hpp"

namespace {

using namespace luminate::bench;
namespace fs = std::filesystem;

constexpr std::uint32_t kPoolSteps = 20;

/// CPU time of all processes of a cluster, those that have ended among them.
double cluster_cpu_seconds(const std::string& directory) {
  std::ifstream file(directory + "/data/postmaster.pid");
  std::string postmaster;
  std::getline(file, postmaster);
  long ticks = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream stat(entry.path() / "stat");
    std::string text;
    if (!std::getline(stat, text)) continue;
    char state = 0;
    int parent = 0;
    long user = 0;
    long system = 0;
    long children_user = 0;
    long children_system = 0;
    std::sscanf(text.c_str() + text.rfind(')') + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld %ld %ld",
                &state, &parent, &user, &system, &children_user, &children_system);
    const bool is_postmaster = entry.path().filename() == postmaster;
    if (is_postmaster) ticks += children_user + children_system;
    if (is_postmaster || std::to_string(parent) == postmaster) ticks += user + system;
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
}

/// The rows that W1's samples become, as COPY takes them.
void write_copy_file(const std::string& path, const WorkloadShape& shape, std::size_t samples) {
  constexpr std::int64_t kEpoch2000Ms = 946'684'800'000;
  std::ofstream file(path, std::ios::binary);
  file.write("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
  Workload workload(shape);
  std::string rows;
  for (std::size_t i = 0; i < samples; ++i) {
    const Workload::Sample sample = workload.next();
    append_big_endian(rows, 3, 2);
    append_big_endian(rows, 8, 4);
    append_big_endian(rows, sample.series + 1, 8);
    append_big_endian(rows, 8, 4);
    append_big_endian(rows, static_cast<std::uint64_t>((sample.timestamp_ms - kEpoch2000Ms) * 1'000), 8);
    append_big_endian(rows, 8, 4);
    append_big_endian(rows, std::bit_cast<std::uint64_t>(sample.value), 8);
    if (rows.size() < 1'000'000) continue;
    file << rows;
    rows.clear();
  }
  append_big_endian(rows, 0xFFFF, 2);
  file << rows;
}

void run_psql(const std::string& server, const std::string& command) {
  const std::string quiet = "psql -q -v ON_ERROR_STOP=1 '" + server + "' -c \"" + command + "\"";
  if (std::system(quiet.c_str()) != 0) throw std::runtime_error("psql failed: " + command);
}

/// Runs `post` for positions up to `count` from some threads, each at its own.
void in_threads(std::size_t threads, std::size_t count, const std::function<void(std::size_t, std::size_t)>& post) {
  std::vector<std::exception_ptr> failures(threads);
  {
    std::vector<std::jthread> running;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        try {
          for (std::size_t i = thread; i < count; i += threads) post(thread, i);
        } catch (...) {
          failures[thread] = std::current_exception();
        }
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

/// What was built beside this program.
std::string beside(const std::string& program) {
  return (fs::read_symlink("/proc/self/exe").parent_path().parent_path() / program).string();
}

class Bench {
 public:
  explicit Bench(const Flags& flags)
      : samples_(flags.count("--samples", 1'200'000)),
        connections_(flags.count("--connections", 2)),
        program_(flags.text("--server", beside("server/luminate-server"))),
        cluster_({.fsync = true,
                  .configuration = {"shared_buffers = 2GB", "max_wal_size = 8GB", "checkpoint_timeout = 15min",
                                    "wal_compression = lz4", "wal_buffers = 64MB", "jit = off"},
                  .place = flags.text("--place", "/var/tmp")}) {
    using namespace std::chrono;
    // Six o'clock of yesterday: one day, and no validator minds.
    const auto yesterday = floor<days>(system_clock::now()) - days(1) + hours(6);
    shape_.start_ms = duration_cast<milliseconds>(yesterday.time_since_epoch()).count();
    samples_ -= samples_ % EndlessBodies::kPoints;
    file_ = cluster_.directory() + "/rows";
    write_copy_file(file_, shape_, samples_);
  }

  void run(std::size_t rounds) {
    std::printf("W1, %zu samples in batches of %zu, %zu connections, PostgreSQL with fsync on\n", samples_,
                EndlessBodies::kPoints, connections_);
    using Way = void (Bench::*)();
    const std::vector<std::pair<const char*, Way>> ways = {{"psql \\copy, binary", &Bench::psql},
                                                           {"library, JSON, 1 thread", &Bench::library},
                                                           {"HTTP, JSON", &Bench::http},
                                                           {"HTTP, JSON, 10 % again", &Bench::http_again}};
    std::vector<std::map<std::size_t, double>> rates(ways.size());
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < ways.size(); ++i) {
        const std::size_t way = (round + i) % ways.size();
        prepare();
        (this->*ways[way].second)();
        rates[way][round] = static_cast<double>(samples_) / seconds_;
        const double us = 1e6 / static_cast<double>(samples_);
        std::printf("%zu  %-28s %8.0f samples/s   CPU, us/sample: %5.2f PostgreSQL, %5.2f ours\n", round,
                    ways[way].first, rates[way][round], database_cpu_ * us, our_cpu_ * us);
        std::fflush(stdout);
      }
    }
    std::printf("\nmedians%27ssamples/s   of \\copy   of no conflicts\n", "");
    for (std::size_t way = 0; way < ways.size(); ++way) {
      std::vector<double> rate;
      std::vector<double> to_copy;
      std::vector<double> to_http;
      for (std::size_t round = 0; round < rounds; ++round) {
        rate.push_back(rates[way][round]);
        to_copy.push_back(rates[way][round] / rates[0][round]);
        to_http.push_back(rates[way][round] / rates[2][round]);
      }
      std::printf("%-30s %12.0f %9.2f", ways[way].first, quantile(rate, 0.5), quantile(to_copy, 0.5));
      if (way == 3) std::printf(" %17.2f", quantile(to_http, 0.5));
      std::printf("\n");
    }
  }

 private:
  std::string url() const { return luminate::test::with_parameter(cluster_.url(), "schema=bench"); }

  /// Tables with all series, the day's partition and one sample of each series from a step before the first.
  void prepare() {
    run_psql(cluster_.url(), "SET client_min_messages = error; DROP SCHEMA IF EXISTS bench CASCADE");
    WorkloadShape before = shape_;
    before.start_ms -= before.step_ms;
    Workload workload(before);
    auto store = luminate::Store::open(url());
    for (std::size_t done = 0; done < shape_.series(); done += EndlessBodies::kPoints) {
      store.write_json(workload.json_body(EndlessBodies::kPoints));
    }
    store.close();
    run_psql(cluster_.url(), "CHECKPOINT");
  }

  template <class Work>
  void time(const Work& work) {
    const double before = cluster_cpu_seconds(cluster_.directory());
    const Measured measured = measure(work);
    seconds_ = measured.seconds;
    our_cpu_ = measured.cpu_seconds;
    database_cpu_ = cluster_cpu_seconds(cluster_.directory()) - before;
  }

  void psql() {
    time([&] {
      run_psql(cluster_.url(), "\\copy bench.sample (series_id, ts, value) FROM '" + file_ + "' WITH (FORMAT binary)");
    });
  }

  void library() {
    EndlessBodies bodies(shape_, kPoolSteps);
    auto store = luminate::Store::open(url());
    time([&] { write_all(bodies, 1, [&](std::size_t, const std::string& body) { store.write_json(body); }); });
  }

  void http() { over_http(0); }
  void http_again() { over_http(10); }

  void over_http(std::uint32_t every_nth_again) {
    EndlessBodies bodies(shape_, kPoolSteps, every_nth_again);
    ServerProcess server(program_, url());
    std::vector<std::unique_ptr<PostClient>> clients;
    for (std::size_t i = 0; i < connections_; ++i) clients.push_back(std::make_unique<PostClient>(server.port()));
    const double before = cpu_seconds(server.process());
    time([&] {
      write_all(bodies, connections_,
                [&](std::size_t thread, const std::string& body) { clients[thread]->post("/api/v1/write", body); });
    });
    our_cpu_ += cpu_seconds(server.process()) - before;
  }

  void write_all(EndlessBodies& bodies, std::size_t threads,
                 const std::function<void(std::size_t, const std::string&)>& post) const {
    in_threads(threads, samples_ / EndlessBodies::kPoints,
               [&](std::size_t thread, std::size_t position) { post(thread, bodies.at(position)); });
  }

  std::size_t samples_;
  std::size_t connections_;
  std::string program_;
  WorkloadShape shape_;
  luminate::test::PostgresCluster cluster_;
  std::string file_;
  double seconds_ = 0;
  double database_cpu_ = 0;
  double our_cpu_ = 0;  ///< Server and client, as far as they are not psql.
};

}  // namespace

int main(int argc, char** argv) try {
  const Flags flags(argc, argv, {"--rounds", "--samples", "--connections", "--place", "--server"});
  Bench(flags).run(flags.count("--rounds", 3));
  return 0;
} catch (const std::exception& error) {
  std::cerr << "postgres_write_bench: " << error.what() << '\n';
  return 1;
}
