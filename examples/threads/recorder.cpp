#include "threads/recorder.hpp"

#include <luminate/error.hpp>

#include <exception>
#include <utility>

namespace threads {

Recorder::Recorder(luminate::Store store, std::chrono::milliseconds interval)
    : store_(std::move(store)), interval_(interval), writer_([this](const std::stop_token& stop) { run(stop); }) {}

Recorder::~Recorder() = default;  // The thread is asked to stop, writes what is left, and is joined.

void Recorder::record(const luminate::Point& point) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) {
    ++counts_.dropped;
    return;
  }
  waiting_.add(point);
  if (waiting_.size() == kEnough) changed_.notify_all();
}

void Recorder::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = ++flush_wanted_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return flush_done_ >= wanted; });
}

Recorder::Counts Recorder::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Recorder::run(const std::stop_token& stop) {
  luminate::Batch batch;
  bool there = true;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, stop, interval_,
                      [&] { return flush_wanted_ > flush_done_ || (there && waiting_.size() >= kEnough); });
    const bool last = stop.stop_requested();
    const std::uint64_t wanted = flush_wanted_;

    lock.unlock();
    there = write(batch);  // What the storage did not take the last time.
    lock.lock();
    if (there) {
      std::swap(batch, waiting_);  // Others go on recording into an empty one.
      lock.unlock();
      there = write(batch);
      lock.lock();
    }
    flush_done_ = wanted;
    changed_.notify_all();
    if (last) return;
  }
}

bool Recorder::write(luminate::Batch& batch) {
  if (batch.empty()) return true;
  Counts counts;
  bool later = false;
  try {
    const luminate::WriteReport report = store_.write(batch);
    counts.stored = report.accepted;
    counts.refused = report.rejected;
  } catch (const luminate::Error& error) {
    later = error.retryable();  // Also where it is in doubt: writing the same points again is harmless.
    counts.last_error = error.what();
  } catch (const std::exception& error) {  // No memory, most likely.
    counts.last_error = error.what();
  }
  const std::lock_guard lock(mutex_);
  counts_.stored += counts.stored;
  counts_.refused += counts.refused;
  if (!counts.last_error.empty()) counts_.last_error = counts.last_error;
  if (later) return false;
  counts_.dropped += batch.size() - counts.stored - counts.refused;
  batch.clear();  // Keeps its memory for the next points.
  return true;
}

}  // namespace threads
