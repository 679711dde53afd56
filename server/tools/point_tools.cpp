#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <system_error>

#include "server/command_line.hpp"
#include "server/tools/report.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

// Points of one write of an import: few syncs, and long runs in its segments.
constexpr std::size_t kBatchPoints = 50'000;

// How long a read or write of a pipe may wait before it asks whether to stop.
constexpr int kPollMs = 100;

[[noreturn]] void fail(const std::string& name, const char* what, int error) {
  throw std::runtime_error(name + ": cannot " + what + " (" + std::generic_category().message(error) + ")");
}

/// Waits until a descriptor can be read or written. @throws std::runtime_error when it is time to stop.
void wait_for(int descriptor, short events, const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) {
      throw Error(ErrorCode::cancelled,
                  events == POLLIN ? "the import was stopped; what it has written stays, and it may be run again"
                                   : "the export was stopped, and is incomplete");
    }
    pollfd source{descriptor, events, 0};
    if (::poll(&source, 1, kPollMs) > 0) return;  // Ready, or failing: reading or writing tells which.
  }
}

void write_to_standard_output(std::string_view text, const std::stop_token& stop) {
  // No more than a pipe surely takes once it is ready: a reader that stalls must not stall the way out.
  constexpr std::size_t kAtOnce = 4096;
  while (!text.empty()) {
    wait_for(STDOUT_FILENO, POLLOUT, stop);
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kAtOnce));
    if (count < 0 && errno != EINTR) fail("standard output", "write", errno);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// A file or standard input.
class Input {
 public:
  Input(const std::string& name, std::stop_token stop)
      : name_(name == kStandardStream ? "standard input" : name),
        stop_(std::move(stop)),
        descriptor_(name == kStandardStream ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) fail(name_, "open", errno);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) fail(name_, "read", EISDIR);
    if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~Input() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  std::size_t read(std::span<char> into) const {
    for (;;) {
      wait_for(descriptor_, POLLIN, stop_);
      const ssize_t count = ::read(descriptor_, into.data(), into.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) fail(name_, "read", errno);
    }
  }
  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  ///< 0 where it is not known.

 private:
  const std::string name_;
  const std::stop_token stop_;
  const int descriptor_;
  std::uint64_t size_ = 0;
};

Store narrowed(const Store& store, const std::string& tenant) {
  return tenant.empty() ? store : store.tenant(tenant);
}

std::string rate(std::uint64_t points, double seconds) {
  if (seconds < 0.01) return "";
  return ", " + count_text(static_cast<std::uint64_t>(static_cast<double>(points) / seconds)) + " points/s";
}

}  // namespace

int export_points(const ExportArguments& arguments, const std::stop_token& stop) {
  Options options;
  options.read_only = true;
  const Store store = narrowed(Store::open("sqlite:" + arguments.store, options), arguments.tenant);
  ProgressLine line("exporting", ProgressLine::Unit::points, arguments.progress);
  ExportRequest request = arguments.request;
  if (arguments.last) {
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
    request.time_range = {(now - *arguments.last).count() + 1, now.count() + 1};
  }
  request.watch = {.progress = [&](const Progress& progress) { line.show(progress); }, .stop = stop};
  const ExportReport report =
      arguments.to == kStandardStream
          ? luminate::export_points(store, request,
                                    [&](std::string_view text) { write_to_standard_output(text, stop); })
          : luminate::export_points(store, request, arguments.to, arguments.force);
  const double seconds = line.seconds();
  line.clear();
  std::fprintf(stderr, "%s of %s exported (%s%s)\n", counted(report.points, "point", "points").c_str(),
               counted(report.metrics, "metric", "metrics").c_str(), bytes_text(report.bytes).c_str(),
               rate(report.points, seconds).c_str());
  return exit_code::kSuccess;
}

int import_points(const ImportArguments& arguments, std::stop_token stop) {
  const Input input(arguments.from, stop);  // Before the store, which would be made for nothing.
  Store opened = Store::open("sqlite:" + arguments.store, arguments.options);
  Store store = narrowed(opened, arguments.tenant);
  ProgressLine line("importing", ProgressLine::Unit::bytes, arguments.progress);
  ImportRequest request{.format = arguments.format, .max_errors = arguments.max_errors};
  request.batch_points = std::min(kBatchPoints, arguments.options.writes.max_batch_size);
  request.on_error = [&](std::uint64_t number, std::string_view why) {
    line.clear();
    std::fprintf(stderr, "%s:%llu: %s\n", safe(input.name()).c_str(), static_cast<unsigned long long>(number),
                 safe(why).c_str());
  };
  request.watch = {.progress =
                       [&](const Progress& progress) {
                         line.show({progress.done, input.size()});
                       },
                   .stop = stop};
  const ImportReport report =
      luminate::import_points(store, request, [&](std::span<char> into) { return input.read(into); });
  opened.close();
  const double seconds = line.seconds();
  line.clear();
  std::fprintf(stderr, "%s imported, %s (%s%s)\n", counted(report.imported, "point", "points").c_str(),
               counted(report.bad, "bad line", "bad lines").c_str(), bytes_text(report.bytes).c_str(),
               rate(report.imported, seconds).c_str());
  if (report.gave_up) {
    throw std::runtime_error("gave up: more than " + std::to_string(arguments.max_errors) +
                             " bad lines; correct them, or allow more with --max-errors");
  }
  return report.bad == 0 ? exit_code::kSuccess : exit_code::kFailure;
}

}  // namespace luminate::server::tools
