#pragma once

#include <luminate/metric.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host_metrics/proc.hpp"

namespace host_metrics {

/// Everything that was read at one moment.
struct Snapshot {
  std::int64_t timestamp_ms = 0;
  std::vector<Cpu> cpus;
  std::map<std::string, std::uint64_t, std::less<>> memory;
  std::vector<Disk> disks;
  std::vector<Interface> interfaces;
  std::optional<std::array<double, 3>> load;
  std::vector<Process> processes;
};

/// Reads /proc. A file that cannot be read (a process that has ended) leaves its part empty.
Snapshot take_snapshot();

/// The points for the moment `now`, given the snapshot before it. Counters are sent as they are (`..._total`); what
/// is a percentage of the time between the two snapshots is computed here. Of the processes that used any CPU in
/// between, the `top` busiest are sent.
///
/// | metric                                          | dimensions beside `host` |
/// |-------------------------------------------------|--------------------------|
/// | cpu_seconds_total                               | core, mode               |
/// | cpu_busy_percent                                | core                     |
/// | memory_bytes                                    | kind                     |
/// | memory_used_percent                             |                          |
/// | disk_read_bytes_total, disk_written_bytes_total | device                   |
/// | disk_busy_percent                               | device                   |
/// | net_bytes_total                                 | interface, direction     |
/// | load_average                                    | minutes                  |
/// | process_cpu_percent                             | pid, comm                |
std::vector<luminate::Point> points_between(const Snapshot& before, const Snapshot& now, const std::string& host,
                                            double ticks_per_second, std::size_t top);

}  // namespace host_metrics
