#include "server/metrics/process_metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

namespace luminate::server::metrics {
namespace {

/// What stands in /proc/self/stat, by its numbers in proc(5).
class Status {
 public:
  Status() {
    std::ifstream file("/proc/self/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    // The name of the process, field 2, is in brackets, and may have any characters.
    const std::size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return;
    const char* next = text.data() + name_end + 1;
    const char* const end = text.data() + text.size();
    for (std::size_t number = 3; number < fields_.size() && next < end; ++number) {
      while (next < end && *next == ' ') ++next;
      double value = 0;
      if (std::from_chars(next, end, value).ec == std::errc()) fields_[number] = value;
      while (next < end && *next != ' ') ++next;
    }
  }

  std::optional<double> field(std::size_t number) const { return fields_[number]; }

 private:
  std::array<std::optional<double>, 25> fields_{};
};

constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTime = 22;
constexpr std::size_t kVirtualMemory = 23;
constexpr std::size_t kResidentPages = 24;

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return std::nullopt;
}

/// Open file descriptors, without the one that this takes.
std::optional<double> open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) return std::nullopt;
  double count = -1;
  while (const dirent* const entry = ::readdir(directory.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Families process_metrics() {
  Families families;
  const auto gauge = [&](std::string_view name, std::string_view help, std::optional<double> value) {
    if (value) add_gauge(families, name, help, *value);
  };
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    add_counter(families, "process_cpu_seconds_total", "User and system time that the process has spent",
                seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  gauge("process_open_fds", "Open file descriptors", open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    gauge("process_max_fds", "File descriptors that the process may open", static_cast<double>(limit.rlim_cur));
  }
  const Status status;
  gauge("process_threads", "Threads of the process", status.field(kThreads));
  gauge("process_virtual_memory_bytes", "Address space of the process", status.field(kVirtualMemory));
  if (const auto pages = status.field(kResidentPages)) {
    gauge("process_resident_memory_bytes", "Memory of the process that is in RAM",
          *pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  const auto started = status.field(kStartTime);
  const auto booted = boot_time();
  if (started && booted) {
    gauge("process_start_time_seconds", "When the process began, in Unix time",
          *booted + *started / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  }
  return families;
}

}  // namespace luminate::server::metrics
