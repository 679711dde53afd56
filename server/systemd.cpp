#include "server/systemd.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <stdexcept>
#include <stop_token>
#include <utility>

#ifdef LUMINATE_SYSTEMD
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime is not of <ctime>.
#endif

namespace luminate::server {
namespace {

using std::chrono::microseconds;

/// While it starts or stops it asks for this much more, more often than that.
constexpr microseconds kMoreTime = std::chrono::seconds(30);
constexpr microseconds kAskEvery = std::chrono::seconds(5);
/// What opens or closes a store for longer is not at work, but stuck.
constexpr std::chrono::hours kPatience(1);

#ifdef LUMINATE_SYSTEMD

/// A manager that has gone is no reason to do anything but go on.
void notify(const std::string& message) {
  ::sd_notify(0, message.c_str());
}

std::vector<int> take_sockets() {
  std::vector<int> sockets;
  const int count = ::sd_listen_fds(1);
  for (int i = 0; i < count; ++i) {
    const int descriptor = SD_LISTEN_FDS_START + i;
    if (::sd_is_socket(descriptor, 0, SOCK_STREAM, 1) <= 0) {
      throw std::runtime_error("socket " + std::to_string(i + 1) +
                               " of those that the service manager handed over is none that listens for streams: its "
                               "socket unit must say ListenStream=, and not Accept=yes");
    }
    sockets.push_back(descriptor);
  }
  return sockets;
}

microseconds watchdog() {
  std::uint64_t interval = 0;
  return ::sd_watchdog_enabled(1, &interval) > 0 ? microseconds(static_cast<std::int64_t>(interval)) : microseconds(0);
}

/// By which a manager tells this reload from an earlier one.
std::string monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000);
}

bool is_heard() {
  return std::getenv("NOTIFY_SOCKET") != nullptr;
}

#else

void notify(const std::string&) {}
std::vector<int> take_sockets() {
  return {};
}
microseconds watchdog() {
  return microseconds(0);
}
std::string monotonic_now() {
  return "0";
}
bool is_heard() {
  return false;
}

#endif

/// A message is made of lines.
std::string status_line(std::string_view status) {
  std::string line = "STATUS=" + std::string(status);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

std::string more_time() {
  return "EXTEND_TIMEOUT_USEC=" + std::to_string(kMoreTime.count());
}

}  // namespace

ServiceManager::ServiceManager()
    : sockets_(take_sockets()),
      is_heard_(is_heard()),
      watchdog_interval_(watchdog()),
      patience_ends_(std::chrono::steady_clock::now() + kPatience) {}

void ServiceManager::ready(std::string_view status) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::starting) return;
  phase_ = Phase::ready;
  status_ = status_line(status);
  notify("READY=1\n" + status_);
}

void ServiceManager::reloading() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::ready) return;
  phase_ = Phase::reloading;
  notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_now() + "\nSTATUS=reading the configuration again");
}

void ServiceManager::reloaded() {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::reloading) return;
  phase_ = Phase::ready;
  notify("READY=1\n" + status_);
}

void ServiceManager::stopping(std::string_view status, std::chrono::milliseconds at_most) {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::stopping;
  patience_ends_ = std::chrono::steady_clock::now() + at_most + kPatience;
  notify("STOPPING=1\n" + status_line(status));
}

std::jthread ServiceManager::watch(std::function<bool()> makes_progress) {
  if (!is_heard_) return {};
  beat(makes_progress);
  return std::jthread([this, makes_progress = std::move(makes_progress)](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (!never.wait_for(lock, stop, interval(), [&] { return stop.stop_requested(); })) beat(makes_progress);
  });
}

microseconds ServiceManager::interval() const {
  return watchdog_interval_.count() == 0 ? kAskEvery : std::min(kAskEvery, watchdog_interval_ / 2);
}

void ServiceManager::beat(const std::function<bool()>& makes_progress) {
  const bool alive = watchdog_interval_.count() > 0 && makes_progress();
  const std::lock_guard lock(mutex_);
  const bool patient = std::chrono::steady_clock::now() < patience_ends_;
  if (phase_ == Phase::starting && patient) notify(more_time() + "\nSTATUS=opening the store");
  if (phase_ == Phase::stopping && patient) notify(more_time());
  if (alive) notify("WATCHDOG=1");
}

}  // namespace luminate::server
