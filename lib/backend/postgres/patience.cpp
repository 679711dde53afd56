#include "postgres/patience.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace luminate::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSlice{25};  // Where no descriptor is left to be woken by.

int milliseconds_until(Clock::time_point until) noexcept {
  const auto now = Clock::now();
  if (until <= now) return 0;
  // An hour at a time, so that no sum overflows; rounded up, so that nobody wakes just before the time.
  const auto left = std::min<Clock::duration>(until - now, std::chrono::hours(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

}  // namespace

void Patience::Wake::operator()() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(descriptor, &one, sizeof one);
}

Patience::Patience(const model::Call& call) : call_(call) {
  if (!call.stop.stop_possible()) return;
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ >= 0) on_stop_.emplace(call.stop, Wake{wake_});
}

Patience::~Patience() {
  on_stop_.reset();
  if (wake_ >= 0) ::close(wake_);
}

bool Patience::wait(int socket, short events, Clock::time_point until) const {
  until = std::min(until, call_.deadline);
  const bool slices = wake_ < 0 && call_.stop.stop_possible();
  for (;;) {
    if (call_.stop.stop_requested()) return false;
    pollfd watched[] = {{socket, events, 0}, {wake_, POLLIN, 0}};  // poll() passes over a negative one.
    const auto turn = slices ? std::min(until, Clock::now() + kSlice) : until;
    const int ready = ::poll(watched, 2, milliseconds_until(turn));
    if (ready < 0 && errno != EINTR) return true;  // The socket's next use says what is wrong.
    if (watched[0].revents != 0 && ready > 0) return true;
    if (Clock::now() >= until) return false;
  }
}

bool Patience::wait_regardless(int socket, short events, Clock::time_point until) {
  return Patience(model::Call{}).wait(socket, events, until);
}

}  // namespace luminate::postgres
