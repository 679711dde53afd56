#include "server/metrics/storage_probe.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace luminate::server::metrics {
namespace {

constexpr int kRestAfterCount = 20;
constexpr std::chrono::minutes kLongestRest{2};

}  // namespace

StorageProbe::StorageProbe(Checks checks, std::chrono::milliseconds patience)
    : checks_(std::move(checks)), patience_(patience), thread_([this] { work(); }) {}

StorageProbe::~StorageProbe() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

StorageProbe::Answer StorageProbe::ask() {
  std::unique_lock lock(mutex_);
  if (begun_ == done_) {
    ++begun_;
    since_ = Clock::now();
    changed_.notify_all();
  }
  const std::uint64_t mine = begun_;
  changed_.wait_until(lock, since_ + patience_, [&] { return done_ >= mine; });
  Answer answer{checked_ >= mine && is_up_, {}};
  if (answer.is_up && Clock::now() - counted_ <= kMaxAge) answer.figures = figures_;
  return answer;
}

void StorageProbe::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || begun_ != done_; });
    if (ending_) return;
    lock.unlock();
    const bool up = check();
    lock.lock();
    is_up_ = up;
    checked_ = begun_;
    if (up && Clock::now() >= next_count_) {
      lock.unlock();
      const Clock::time_point start = Clock::now();
      auto figures = count();
      const Clock::time_point end = Clock::now();
      lock.lock();
      figures_ = std::move(figures);
      counted_ = end;
      next_count_ = end + std::min<Clock::duration>(kRestAfterCount * (end - start), kLongestRest);
    }
    done_ = begun_;
    changed_.notify_all();
  }
}

bool StorageProbe::check() const {
  try {
    return checks_.is_up();
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<StorageFigures> StorageProbe::count() const {
  try {
    return checks_.count();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace luminate::server::metrics
