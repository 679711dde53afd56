#include "server/http/connection_registry.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace luminate::server::http {
namespace {

/// Work that is done sooner is not worth a look at its client.
constexpr std::chrono::milliseconds kWatchInterval{50};

int make_event() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

}  // namespace

ConnectionRegistry::Entry::Entry(ConnectionRegistry& registry, int descriptor)
    : registry_(registry), descriptor_(descriptor) {
  const std::lock_guard lock(registry_.mutex_);
  registry_.entries_.insert(this);
}

ConnectionRegistry::Entry::~Entry() {
  const std::lock_guard lock(registry_.mutex_);
  registry_.entries_.erase(this);
  if (registry_.entries_.empty()) registry_.changed_.notify_all();
}

ConnectionRegistry::ConnectionRegistry() : drain_event_(make_event()) {}

ConnectionRegistry::~ConnectionRegistry() {
  ::close(drain_event_);
}

void ConnectionRegistry::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, kWatchInterval, [] { return false; });
    look_for_the_gone();
  }
}

void ConnectionRegistry::look_for_the_gone() {
  std::vector<Entry*> watched;
  std::vector<pollfd> polled;
  const Clock::rep before = (Clock::now() - kWatchInterval).time_since_epoch().count();
  for (Entry* entry : entries_) {
    const Clock::rep since = entry->working_since_.load(std::memory_order_relaxed);
    if (since == Entry::kNotWorking || since > before || entry->gone_.stop_requested()) continue;
    watched.push_back(entry);
    polled.push_back({entry->descriptor_, POLLRDHUP, 0});
  }
  if (polled.empty() || ::poll(polled.data(), polled.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    // A client that only closes its sending side cannot be told from one that left, until an answer is refused.
    if (polled[i].revents != 0) watched[i]->gone_.request_stop();
  }
}

void ConnectionRegistry::begin_drain(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    deadline_ = std::min(deadline_, deadline);
    draining_.store(true);
  }
  changed_.notify_all();
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(drain_event_, &one, sizeof one);
}

std::size_t ConnectionRegistry::drain() {
  std::unique_lock lock(mutex_);
  while (!entries_.empty() && Clock::now() < deadline_) {
    const Clock::time_point deadline = deadline_;  // Waiting looks at it unlocked, while another stop() may move it.
    changed_.wait_until(lock, deadline);
  }
  std::size_t cut = 0;
  for (Entry* entry : entries_) {
    if (entry->in_request_.load(std::memory_order_relaxed)) ++cut;
    entry->gone_.request_stop();
    ::shutdown(entry->descriptor_, SHUT_RDWR);
  }
  changed_.wait(lock, [&] { return entries_.empty(); });
  return cut;
}

ConnectionRegistry::Count ConnectionRegistry::count() const {
  const std::lock_guard lock(mutex_);
  Count count{entries_.size(), 0};
  for (const Entry* entry : entries_) {
    if (entry->in_request_.load(std::memory_order_relaxed)) ++count.requests;
  }
  return count;
}

}  // namespace luminate::server::http
