#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <unordered_set>

#include "server/http/connection_stream.hpp"

namespace luminate::server::http {

/// Knows every open connection: to notice clients that left while their request is worked on, and to drain. Any thread.
class ConnectionRegistry {
 public:
  /// A connection's place in the registry for as long as it lives; must die before the connection's socket is closed.
  class Entry {
   public:
    Entry(ConnectionRegistry& registry, int descriptor);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    /// Around a request, from its first byte to the last of its answer.
    void begin_request() { in_request_.store(true, std::memory_order_relaxed); }
    void end_request() { in_request_.store(false, std::memory_order_relaxed); }
    /// Around the work on a request: only then is the client watched.
    void begin_work() { working_since_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed); }
    void end_work() { working_since_.store(kNotWorking, std::memory_order_relaxed); }
    /// Asked to stop when the client has left, or is cut off.
    std::stop_token gone() const { return gone_.get_token(); }

   private:
    friend class ConnectionRegistry;
    static constexpr Clock::rep kNotWorking = 0;

    ConnectionRegistry& registry_;
    const int descriptor_;
    std::stop_source gone_;
    std::atomic<bool> in_request_{false};
    std::atomic<Clock::rep> working_since_{kNotWorking};
  };

  /// @throws std::system_error
  ConnectionRegistry();
  ~ConnectionRegistry();
  ConnectionRegistry(const ConnectionRegistry&) = delete;
  ConnectionRegistry& operator=(const ConnectionRegistry&) = delete;

  /// Looks for clients that left, until `stop`.
  void watch(const std::stop_token& stop);

  /// From now on idle connections end at once and others after their answer; drain() cuts what is left at `deadline`.
  /// The earliest deadline counts.
  void begin_drain(Clock::time_point deadline);
  bool draining() const { return draining_.load(std::memory_order_relaxed); }
  /// Becomes readable, and stays so, when draining begins.
  int drain_event() const { return drain_event_; }

  /// Waits for all connections to end; past the deadline cuts them, and asks their handlers to stop. @returns how many
  /// were cut off in the middle of a request.
  std::size_t drain();

  struct Count {
    std::size_t connections = 0;
    std::size_t requests = 0;  ///< Of these connections' that are not answered yet.
  };
  Count count() const;

 private:
  void look_for_the_gone();

  const int drain_event_;
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::unordered_set<Entry*> entries_;                     // Guarded by mutex_.
  Clock::time_point deadline_ = Clock::time_point::max();  // Guarded by mutex_.
};

}  // namespace luminate::server::http
