#include "server/api/health_probe.hpp"

#include <exception>
#include <string>
#include <utility>

namespace luminate::server::api {

HealthProbe::HealthProbe(Check check, std::chrono::milliseconds patience)
    : check_(std::move(check)), patience_(patience), thread_([this] { work(); }) {}

HealthProbe::~HealthProbe() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Health HealthProbe::ask() {
  std::unique_lock lock(mutex_);
  if (begun_ == done_) {
    ++begun_;
    since_ = Clock::now();
    changed_.notify_all();
  }
  const std::uint64_t mine = begun_;
  if (changed_.wait_until(lock, since_ + patience_, [&] { return done_ >= mine; })) return found_;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - since_);
  return {false, found_.backend,
          "the storage has not answered a health check for " + std::to_string(waited.count()) + " ms"};
}

void HealthProbe::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || begun_ != done_; });
    if (ending_) return;
    lock.unlock();
    Health found;
    try {
      found = check_();
    } catch (const std::exception& error) {
      found.status = error.what();
    }
    lock.lock();
    if (found.backend.empty()) found.backend = std::move(found_.backend);
    found_ = std::move(found);
    done_ = begun_;
    changed_.notify_all();
  }
}

}  // namespace luminate::server::api
