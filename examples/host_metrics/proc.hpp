#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What Linux tells about itself under /proc, read from text. Lines that are not understood are left out.
namespace host_metrics {

/// The columns of a "cpuN" line of /proc/stat, in their order there.
inline constexpr std::array<std::string_view, 8> kCpuModes = {"user",   "nice", "system",  "idle",
                                                              "iowait", "irq",  "softirq", "steal"};

struct Cpu {
  std::string core;                                     ///< "cpu0".
  std::array<std::uint64_t, kCpuModes.size()> ticks{};  ///< Since boot, by mode.
};

struct Disk {
  std::string device;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t busy_ms = 0;  ///< Time in which at least one request was under way.
};

struct Interface {
  std::string name;
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};

struct Process {
  std::uint64_t pid = 0;
  std::string comm;
  std::uint64_t ticks = 0;  ///< User and system time.
};

/// /proc/stat: one entry a core, without the sum of all.
std::vector<Cpu> parse_stat(std::string_view text);

/// /proc/meminfo: bytes by name, such as "MemAvailable".
std::map<std::string, std::uint64_t, std::less<>> parse_meminfo(std::string_view text);

/// /proc/diskstats: everything but loop and RAM devices.
std::vector<Disk> parse_diskstats(std::string_view text);

/// /proc/net/dev.
std::vector<Interface> parse_net_dev(std::string_view text);

/// /proc/loadavg: over 1, 5 and 15 minutes.
std::optional<std::array<double, 3>> parse_loadavg(std::string_view text);

/// /proc/PID/stat. The name stands in parentheses and may hold anything, parentheses included.
std::optional<Process> parse_process_stat(std::string_view text);

/// Makes any bytes a valid dimension value: what is not printable ASCII becomes '?', nothing becomes "?".
std::string as_dimension_value(std::string_view text);

}  // namespace host_metrics
