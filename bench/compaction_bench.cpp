// What merging costs and what it gives: ingests W1 or W2 with compaction in the background, then compacts, while one
// writer of single points goes on.
//
//     build/release/bench/compaction_bench [--customers 3000] [--samples 10000000] [--background on|off]
#include <sys/resource.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "workload.hpp"

namespace {

using namespace luminate::bench;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::size_t kBatch = 10'000;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// One caller after another's answer, a point each, beside whatever else goes on.
class SinglePoints {
 public:
  explicit SinglePoints(luminate::Store store, std::int64_t now_ms)
      : thread_([this, store, now_ms](const std::stop_token& stop) mutable {
          for (std::int64_t i = 0; !stop.stop_requested(); ++i) {
            luminate::Batch batch;
            batch.add({"single", now_ms + i, 1, {{"h", "a"}}});
            const auto begin = Clock::now();
            store.write(batch);
            milliseconds_.push_back(1e3 * seconds_since(begin));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
          }
        }) {}

  void report(std::string_view beside) {
    thread_.request_stop();
    thread_.join();
    std::sort(milliseconds_.begin(), milliseconds_.end());
    if (milliseconds_.empty()) return;
    std::printf("  single points beside %-12s %6zu written, p50 %.2f ms, p99 %.2f ms, longest %.1f ms\n",
                std::string(beside).c_str(), milliseconds_.size(), milliseconds_[milliseconds_.size() / 2],
                milliseconds_[milliseconds_.size() * 99 / 100], milliseconds_.back());
  }

 private:
  std::vector<double> milliseconds_;
  std::jthread thread_;
};

void print(std::string_view when, const luminate::StoreStatistics& now) {
  std::printf(
      "%-18s %6.2f bytes/sample, %8.1f MB file, %6.1f MB free, %5.1f MB log, %6llu segments (%llu waiting), "
      "write amplification %.2f, %llu merges, peak memory %.0f MB\n",
      std::string(when).c_str(), static_cast<double>(now.file_bytes) / static_cast<double>(now.samples),
      static_cast<double>(now.file_bytes) / 1e6, static_cast<double>(now.free_bytes) / 1e6,
      static_cast<double>(now.log_bytes) / 1e6, static_cast<unsigned long long>(now.segments),
      static_cast<unsigned long long>(now.waiting_segments), now.write_amplification,
      static_cast<unsigned long long>(now.compactions), peak_megabytes());
}

}  // namespace

int main(int argc, char** argv) try {
  WorkloadShape shape;
  std::size_t samples = 10'000'000;
  luminate::Options options;
  options.points.max_age = std::chrono::hours(24 * 365);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--customers") shape.customers = static_cast<std::uint32_t>(std::stoul(argv[i + 1]));
    if (flag == "--samples") samples = std::stoul(argv[i + 1]);
    if (flag == "--background") options.set("storage.compaction", argv[i + 1]);
  }
  constexpr std::int64_t kDay = 86'400'000;
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  shape.start_ms = now / kDay * kDay - 2 * kDay;  // Midnight, so that every run measures the same.

  std::string folder = (fs::temp_directory_path() / "luminate-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make " + folder);
  {
    auto store = luminate::Store::open("sqlite:" + folder + "/bench.db", options);
    Workload workload(shape);
    double writing = 0;
    double cpu = 0;
    for (std::size_t done = 0; done < samples; done += kBatch) {
      const std::string body = workload.json_body(kBatch);
      const auto begin = Clock::now();
      const double cpu_begin = cpu_seconds();
      store.write_json(body);
      writing += seconds_since(begin);
      cpu += cpu_seconds() - cpu_begin;
    }
    std::printf("%u series, %zu samples: ingested at %.2f M samples/s, %.2f s CPU\n", workload.series_count(), samples,
                static_cast<double>(samples) / writing / 1e6, cpu);
    print("after ingest", store.statistics());
    if (options.compaction) {
      const auto begin = Clock::now();
      SinglePoints points(store, now);
      while (store.statistics().waiting_segments > 100 && seconds_since(begin) < 60) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      std::this_thread::sleep_for(std::chrono::seconds(3));
      points.report("background");
      print("a little later", store.statistics());
    }
    {
      SinglePoints points(store, now + 1'000'000);
      std::this_thread::sleep_for(std::chrono::seconds(2));
      points.report("nothing");
    }
    SinglePoints points(store, now + 2'000'000);
    const auto begin = Clock::now();
    const double cpu_begin = cpu_seconds();
    const auto report = store.compact();
    const double took = seconds_since(begin);
    std::printf(
        "compact(): %llu merges, %llu to %llu segments, %.1f MB written, %.2f s, %.2f s CPU, %.2f M samples/s\n",
        static_cast<unsigned long long>(report.merges), static_cast<unsigned long long>(report.segments_before),
        static_cast<unsigned long long>(report.segments_after), static_cast<double>(report.bytes_written) / 1e6, took,
        cpu_seconds() - cpu_begin, static_cast<double>(report.samples_before) / took / 1e6);
    points.report("compact()");
    store.compact();
    print("after compact()", store.statistics());
    store.close();
    std::printf("closed: %.2f bytes/sample\n",
                static_cast<double>(fs::file_size(folder + "/bench.db")) / static_cast<double>(samples));
  }
  fs::remove_all(folder);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
