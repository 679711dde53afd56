#pragma once

#include <chrono>

namespace luminate::server {

/// SIGTERM and SIGINT, and SIGHUP if wanted, as something to wait for, instead of something that interrupts. Made in
/// main() before any other thread, for threads inherit that these signals are blocked. Ignores SIGPIPE: a client that
/// left is no reason to end.
class Signals {
 public:
  enum class Hangup {
    ends,     ///< SIGHUP does what it does to every program.
    reloads,  ///< wait() returns it too, each time.
  };

  explicit Signals(Hangup hangup);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  using Clock = std::chrono::steady_clock;
  /// What wait() returns when neither came in time.
  static constexpr int kNothing = -1;

  /// Waits for a signal, or for finish(). @returns the signal's number, or 0. A signal to end that comes again within
  /// a second counts once. One thread.
  int wait(Clock::time_point until = Clock::time_point::max());
  /// Makes wait() return 0 from now on. Any thread.
  void finish() noexcept;

 private:
  int signals_ = -1;
  int finished_ = -1;
  int last_ = 0;
  Clock::time_point last_time_;
};

}  // namespace luminate::server
