#include "sqlite/maintenance.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <exception>
#include <string>

#include "sqlite/compaction_plan.hpp"
#include "sqlite/file_space.hpp"

namespace luminate::sqlite {
namespace {

using namespace std::chrono_literals;

// Programs that open a store, write a little and close it are spared.
constexpr auto kFirstCompaction = 5s;
constexpr auto kFirstRetention = 1min;

// Once nothing has been written for so long, what waits is looked at, be it little.
constexpr auto kQuiet = 5s;

constexpr auto kFirstPatience = 1s;
constexpr auto kMostPatience = 1min;

}  // namespace

Maintenance::Maintenance(Rewriting& rewriting, Compactor& compactor, RetentionEnforcer& retention)
    : rewriting_(rewriting),
      compactor_(compactor),
      retention_(retention),
      next_compaction_(Clock::now() + kFirstCompaction),
      next_retention_(Clock::now() +
                      std::min<Clock::duration>(kFirstRetention, rewriting.options.retention.cleanup_interval)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Maintenance::~Maintenance() {
  thread_.request_stop();
  thread_.join();
}

void Maintenance::note_written(std::size_t segments) {
  if (!rewriting_.options.compaction) return;
  const std::lock_guard lock(mutex_);
  const std::size_t before = written_;
  written_ += segments;
  last_write_ = Clock::now();
  // The first sets the alarm, and so many ring it; what comes in between wakes nobody.
  if (before == 0 || (before < kWaitingToMerge && written_ >= kWaitingToMerge)) changed_.notify_one();
}

/// @pre mutex_ is held.
Maintenance::Instant Maintenance::due() const {
  Instant due = next_retention_;
  if (!rewriting_.options.compaction) return due;
  if (next_compaction_) due = std::min(due, *next_compaction_);
  if (written_ >= kWaitingToMerge) return Instant::min();
  if (written_ > 0) due = std::min(due, last_write_ + kQuiet);
  return due;
}

void Maintenance::sleep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Instant until = due();
    if (until <= Clock::now()) return;
    const std::size_t seen = written_;
    changed_.wait_until(lock, stop, until, [&] { return (seen == 0 && written_ > 0) || written_ >= kWaitingToMerge; });
  }
}

void Maintenance::pause(const std::stop_token& stop, Clock::duration length) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, length, [] { return false; });
}

void Maintenance::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    sleep(stop);
    if (stop.stop_requested()) return;
    const Instant begin = Clock::now();
    bool done = true;
    if (begin >= next_retention_) done = attempt(stop, "retention", [&] { enforce_retention(stop); }) && done;
    if (rewriting_.options.compaction) done = attempt(stop, "compaction", [&] { compact(stop); }) && done;
    done = attempt(stop, "giving space back", [&] { give_back_space(stop); }) && done;
    patience_ = done ? Clock::duration{} : std::clamp<Clock::duration>(patience_ * 2, kFirstPatience, kMostPatience);
    told_ = told_ && !done;
    pause(stop, std::max<Clock::duration>(Clock::now() - begin, patience_));
  }
}

void Maintenance::compact(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    written_ = 0;
  }
  next_compaction_ = Clock::now() + kMostPatience;  // Should it fail.
  const Compactor::Step step = compactor_.background_step(stop);
  next_compaction_ = step.worked ? Clock::now() : step.next;
}

void Maintenance::enforce_retention(const std::stop_token& stop) {
  const auto interval = rewriting_.options.retention.cleanup_interval;
  next_retention_ = Clock::now() + std::min<Clock::duration>(interval, kMostPatience);  // Should it fail.
  retention_.enforce({}, RetentionEnforcer::Thoroughness::lazy, model::Call{.stop = stop});
  next_retention_ = Clock::now() + interval;
}

void Maintenance::give_back_space(const std::stop_token& stop) {
  Instant begin = Clock::now();
  const auto pause_as_long = [&] {
    pause(stop, Clock::now() - begin);
    begin = Clock::now();
  };
  sqlite::give_back_space(rewriting_.writer, pages_to_keep, pause_as_long, stop);
}

bool Maintenance::attempt(const std::stop_token& stop, std::string_view what, const std::function<void()>& work) {
  std::string failure;
  try {
    work();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled && stop.stop_requested()) return true;
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!told_ && rewriting_.options.logger) {
    rewriting_.options.logger(LogLevel::warning,
                              std::string(what) + " in the background failed, and will be tried again: " + failure);
  }
  told_ = true;
  return false;
}

}  // namespace luminate::sqlite
