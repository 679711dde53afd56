#include "host_metrics/sampler.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace host_metrics {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Partitions repeat what their disk says; only whole disks stand under /sys/block.
void keep_whole_disks(std::vector<Disk>& disks) {
  const fs::path known = "/sys/block";
  std::error_code error;
  if (!fs::exists(known, error)) return;
  std::erase_if(disks, [&](Disk& disk) {
    std::string name = disk.device;
    std::ranges::replace(name, '/', '!');
    return !fs::exists(known / name, error);
  });
}

/// Collects points that share a host and a moment.
class Points {
 public:
  Points(const std::string& host, std::int64_t timestamp_ms) : host_(host), timestamp_ms_(timestamp_ms) {}

  void add(std::string name, double value, luminate::Dimensions dimensions) {
    dimensions.emplace("host", host_);
    points_.push_back({std::move(name), timestamp_ms_, value, std::move(dimensions)});
  }

  std::vector<luminate::Point> take() { return std::move(points_); }

 private:
  std::string host_;
  std::int64_t timestamp_ms_;
  std::vector<luminate::Point> points_;
};

/// The entry of `list` whose `field` equals the one of `like`; devices come and go between two snapshots.
template <class Entry, class Field>
const Entry* counterpart(const std::vector<Entry>& list, const Entry& like, Field field) {
  const auto found = std::ranges::find(list, like.*field, field);
  return found == list.end() ? nullptr : &*found;
}

double increase(std::uint64_t before, std::uint64_t now) {
  return now > before ? static_cast<double>(now - before) : 0;
}

double percent(double part, double whole) {
  return whole > 0 ? std::min(100.0, 100.0 * part / whole) : 0;
}

void add_cpus(Points& points, const Snapshot& before, const Snapshot& now, double ticks_per_second) {
  for (const Cpu& cpu : now.cpus) {
    const std::string core = as_dimension_value(cpu.core);
    for (std::size_t mode = 0; mode < kCpuModes.size(); ++mode) {
      points.add("cpu_seconds_total", static_cast<double>(cpu.ticks[mode]) / ticks_per_second,
                 {{"core", core}, {"mode", std::string(kCpuModes[mode])}});
    }
    const Cpu* earlier = counterpart(before.cpus, cpu, &Cpu::core);
    if (earlier == nullptr) continue;
    double all = 0;
    double idle = 0;
    for (std::size_t mode = 0; mode < kCpuModes.size(); ++mode) {
      const double ticks = increase(earlier->ticks[mode], cpu.ticks[mode]);
      all += ticks;
      if (kCpuModes[mode] == "idle" || kCpuModes[mode] == "iowait") idle += ticks;
    }
    points.add("cpu_busy_percent", percent(all - idle, all), {{"core", core}});
  }
}

void add_memory(Points& points, const Snapshot& now) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kKinds = {{{"MemTotal", "total"},
                                                                                    {"MemAvailable", "available"},
                                                                                    {"Cached", "cached"},
                                                                                    {"SwapTotal", "swap_total"},
                                                                                    {"SwapFree", "swap_free"}}};
  for (const auto& [name, kind] : kKinds) {
    const auto found = now.memory.find(name);
    if (found == now.memory.end()) continue;
    points.add("memory_bytes", static_cast<double>(found->second), {{"kind", std::string(kind)}});
  }
  const auto total = now.memory.find("MemTotal");
  const auto available = now.memory.find("MemAvailable");
  if (total == now.memory.end() || available == now.memory.end()) return;
  points.add("memory_used_percent",
             percent(increase(available->second, total->second), static_cast<double>(total->second)), {});
}

void add_disks(Points& points, const Snapshot& before, const Snapshot& now) {
  for (const Disk& disk : now.disks) {
    const luminate::Dimensions device = {{"device", as_dimension_value(disk.device)}};
    points.add("disk_read_bytes_total", static_cast<double>(disk.read_bytes), device);
    points.add("disk_written_bytes_total", static_cast<double>(disk.written_bytes), device);
    const Disk* earlier = counterpart(before.disks, disk, &Disk::device);
    if (earlier == nullptr) continue;
    points.add(
        "disk_busy_percent",
        percent(increase(earlier->busy_ms, disk.busy_ms), static_cast<double>(now.timestamp_ms - before.timestamp_ms)),
        device);
  }
}

void add_processes(Points& points, const Snapshot& before, const Snapshot& now, double ticks_per_second,
                   std::size_t top) {
  const double seconds = static_cast<double>(now.timestamp_ms - before.timestamp_ms) / 1000;
  if (seconds <= 0) return;
  std::map<std::uint64_t, std::uint64_t> earlier;
  for (const Process& process : before.processes) earlier.emplace(process.pid, process.ticks);
  std::vector<std::pair<double, const Process*>> busy;
  for (const Process& process : now.processes) {
    const auto found = earlier.find(process.pid);
    const double ticks = increase(found == earlier.end() ? 0 : found->second, process.ticks);
    if (ticks > 0) busy.emplace_back(100 * ticks / ticks_per_second / seconds, &process);
  }
  std::ranges::sort(busy, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second->pid < b.second->pid;
  });
  if (busy.size() > top) busy.resize(top);
  for (const auto& [share, process] : busy) {
    points.add("process_cpu_percent", share,
               {{"pid", std::to_string(process->pid)}, {"comm", as_dimension_value(process->comm)}});
  }
}

}  // namespace

Snapshot take_snapshot() {
  const fs::path proc = "/proc";
  Snapshot snapshot;
  snapshot.timestamp_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  snapshot.cpus = parse_stat(read_file(proc / "stat"));
  snapshot.memory = parse_meminfo(read_file(proc / "meminfo"));
  snapshot.disks = parse_diskstats(read_file(proc / "diskstats"));
  keep_whole_disks(snapshot.disks);
  snapshot.interfaces = parse_net_dev(read_file(proc / "net" / "dev"));
  snapshot.load = parse_loadavg(read_file(proc / "loadavg"));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(proc, error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (auto process = parse_process_stat(read_file(entry.path() / "stat"))) {
      snapshot.processes.push_back(std::move(*process));
    }
  }
  return snapshot;
}

std::vector<luminate::Point> points_between(const Snapshot& before, const Snapshot& now, const std::string& host,
                                            double ticks_per_second, std::size_t top) {
  Points points(host, now.timestamp_ms);
  add_cpus(points, before, now, ticks_per_second);
  add_memory(points, now);
  add_disks(points, before, now);
  for (const Interface& interface : now.interfaces) {
    const std::string name = as_dimension_value(interface.name);
    points.add("net_bytes_total", static_cast<double>(interface.received_bytes),
               {{"interface", name}, {"direction", "received"}});
    points.add("net_bytes_total", static_cast<double>(interface.sent_bytes),
               {{"interface", name}, {"direction", "sent"}});
  }
  if (now.load) {
    points.add("load_average", (*now.load)[0], {{"minutes", "1"}});
    points.add("load_average", (*now.load)[1], {{"minutes", "5"}});
    points.add("load_average", (*now.load)[2], {{"minutes", "15"}});
  }
  add_processes(points, before, now, ticks_per_second, top);
  return points.take();
}

}  // namespace host_metrics
