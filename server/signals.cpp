#include "server/signals.hpp"

#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): sigset_t is not of <csignal>.
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <system_error>

namespace luminate::server {
namespace {

// timeout(1) signals a process and then its group, so that one wish arrives twice; some supervisors do the same.
constexpr auto kEcho = std::chrono::seconds(1);

/// For poll(): -1 is for ever.
int milliseconds_until(Signals::Clock::time_point until) {
  if (until == Signals::Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Signals::Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Signals::Signals(Hangup hangup) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (hangup == Hangup::reloads) sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  finished_ = ::eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || finished_ < 0)
    throw std::system_error(errno, std::generic_category(), "cannot watch for signals");
}

Signals::~Signals() {
  ::close(signals_);
  ::close(finished_);
}

int Signals::wait(Clock::time_point until) {
  for (;;) {
    std::array<pollfd, 2> sources{{{signals_, POLLIN, 0}, {finished_, POLLIN, 0}}};
    int ready = 0;
    while ((ready = ::poll(sources.data(), sources.size(), milliseconds_until(until))) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "cannot wait for signals");
    }
    if (ready == 0 && Clock::now() >= until) return kNothing;
    if (ready == 0) continue;
    if (sources[1].revents != 0) return 0;
    signalfd_siginfo signal{};
    if (::read(signals_, &signal, sizeof signal) != static_cast<ssize_t>(sizeof signal)) return 0;
    const int number = static_cast<int>(signal.ssi_signo);
    if (number == SIGHUP) return number;
    const auto now = Clock::now();
    if (number == last_ && now - last_time_ < kEcho) continue;
    last_ = number;
    last_time_ = now;
    return number;
  }
}

void Signals::finish() noexcept {
  const std::uint64_t one = 1;
  // The counter cannot overflow here, which is the only way for this to fail.
  [[maybe_unused]] const ssize_t written = ::write(finished_, &one, sizeof one);
}

}  // namespace luminate::server
