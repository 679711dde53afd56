#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace threads {

/// Takes measurements from any thread of a program and writes them to a store behind its back: record() never waits for
/// the disk. One thread writes what has come together, every interval or as soon as there is much, and all that is left
/// when the recorder ends.
///
///     Recorder recorder(store, std::chrono::milliseconds(100));
///     recorder.record({"request_ms", now_ms, 12.5, {{"customer_id", "acme"}}});
///
/// When the storage is away, points are kept, as many as go into two writes, and written when it is back. What comes
/// beyond is dropped and counted: a program is not to grow, or to wait, because its measurements cannot be stored.
class Recorder {
 public:
  static constexpr std::size_t kEnough = 1'000;       ///< So many points are written before the interval is over.
  static constexpr std::size_t kMaxWaiting = 10'000;  ///< What a store takes in one write, unless it is told otherwise.

  Recorder(luminate::Store store, std::chrono::milliseconds interval);
  /// Writes what is left.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void record(const luminate::Point& point);

  /// Returns when everything that was recorded before has been written, or the storage was found to be away.
  void flush();

  struct Counts {
    std::uint64_t stored = 0;
    std::uint64_t refused = 0;  ///< They break a rule of the data model.
    std::uint64_t dropped = 0;
    std::string last_error{};  ///< Of the storage, in one line.
  };
  Counts counts() const;

 private:
  void run(const std::stop_token& stop);
  /// Writes a batch and empties it. @returns false, and leaves it as it is, when the storage may take it later.
  bool write(luminate::Batch& batch);

  luminate::Store store_;  // A handle: all threads may use it at the same time.
  const std::chrono::milliseconds interval_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  luminate::Batch waiting_;  // A batch belongs to one thread at a time: to the one that holds the mutex.
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flush_done_ = 0;
  Counts counts_;

  std::jthread writer_;  // The last member: it uses all of the others.
};

}  // namespace threads
