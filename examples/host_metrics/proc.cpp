#include "host_metrics/proc.hpp"

#include <charconv>
#include <functional>

namespace host_metrics {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // Of /proc/diskstats, whatever the device's own are.

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string_view::npos;) {
    const std::size_t end = line.find(' ', at);
    found.push_back(line.substr(at, end - at));
    at = end == std::string_view::npos ? end : line.find_first_not_of(' ', end);
  }
  return found;
}

template <class Number>
bool read(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

}  // namespace

std::vector<Cpu> parse_stat(std::string_view text) {
  std::vector<Cpu> cpus;
  while (!text.empty()) {
    const auto fields = words(take_line(text));
    if (fields.size() <= kCpuModes.size() || !fields[0].starts_with("cpu") || fields[0] == "cpu") continue;
    Cpu cpu{std::string(fields[0]), {}};
    bool good = true;
    for (std::size_t mode = 0; mode < kCpuModes.size(); ++mode) good = good && read(fields[mode + 1], cpu.ticks[mode]);
    if (good) cpus.push_back(std::move(cpu));
  }
  return cpus;
}

std::map<std::string, std::uint64_t, std::less<>> parse_meminfo(std::string_view text) {
  std::map<std::string, std::uint64_t, std::less<>> bytes;
  while (!text.empty()) {
    const auto fields = words(take_line(text));
    std::uint64_t kib = 0;
    if (fields.size() != 3 || !fields[0].ends_with(':') || fields[2] != "kB" || !read(fields[1], kib)) continue;
    bytes.emplace(fields[0].substr(0, fields[0].size() - 1), kib * 1024);
  }
  return bytes;
}

std::vector<Disk> parse_diskstats(std::string_view text) {
  std::vector<Disk> disks;
  while (!text.empty()) {
    const auto fields = words(take_line(text));
    if (fields.size() < 13 || fields[2].starts_with("loop") || fields[2].starts_with("ram")) continue;
    Disk disk{std::string(fields[2])};
    if (!read(fields[5], disk.read_bytes) || !read(fields[9], disk.written_bytes) || !read(fields[12], disk.busy_ms)) {
      continue;
    }
    disk.read_bytes *= kSectorBytes;
    disk.written_bytes *= kSectorBytes;
    disks.push_back(std::move(disk));
  }
  return disks;
}

std::vector<Interface> parse_net_dev(std::string_view text) {
  std::vector<Interface> interfaces;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = words(line.substr(0, colon));
    const auto fields = words(line.substr(colon + 1));
    if (name.size() != 1 || fields.size() < 9) continue;
    Interface interface { std::string(name[0]) };
    if (read(fields[0], interface.received_bytes) && read(fields[8], interface.sent_bytes)) {
      interfaces.push_back(std::move(interface));
    }
  }
  return interfaces;
}

std::optional<std::array<double, 3>> parse_loadavg(std::string_view text) {
  const auto fields = words(take_line(text));
  std::array<double, 3> load{};
  if (fields.size() < load.size()) return std::nullopt;
  for (std::size_t i = 0; i < load.size(); ++i) {
    if (!read(fields[i], load[i])) return std::nullopt;
  }
  return load;
}

std::optional<Process> parse_process_stat(std::string_view text) {
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) return std::nullopt;
  Process process;
  process.comm = text.substr(open + 2, close - open - 2);
  std::string_view rest = text.substr(close + 1);
  const auto fields = words(take_line(rest));  // From "state", the third field of the file, on.
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (fields.size() < 13 || !read(text.substr(0, open), process.pid) || !read(fields[11], user) ||
      !read(fields[12], system)) {
    return std::nullopt;
  }
  process.ticks = user + system;
  return process;
}

std::string as_dimension_value(std::string_view text) {
  std::string value(text.substr(0, 256));
  for (char& c : value) {
    if (c < ' ' || c > '~') c = '?';
  }
  return value.empty() ? "?" : value;
}

}  // namespace host_metrics
