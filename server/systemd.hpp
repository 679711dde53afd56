#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace luminate::server {

/// The service manager that started this process, if one did: systemd, or whatever else speaks its protocol. It is told
/// how the server fares (sd_notify(3)), and may hand over sockets that listen already (sd_listen_fds(3)). Where nobody
/// wants to know, every call does nothing. Make it in main() before any other thread, as it changes the environment;
/// after that any thread may use it.
///
///     ServiceManager manager;
///     const auto beat = manager.watch([&] { return server_makes_progress(); });
///     ... open the store, listen ...
///     manager.ready("serving http://127.0.0.1:8080");
///     ... until told to end ...
///     manager.stopping("finishing requests");
class ServiceManager {
 public:
  /// @throws std::runtime_error when it hands over what is no listening socket
  ServiceManager();

  /// Listening sockets that came with the process; whoever takes them owns them.
  const std::vector<int>& sockets() const noexcept { return sockets_; }

  /// The server does what it is for.
  void ready(std::string_view status);
  /// A reload begins, and reloaded() ends it. Nothing is said of it before ready() or after stopping().
  void reloading();
  void reloaded();
  /// The server is about to end, within `at_most` and what closing the store takes.
  void stopping(std::string_view status, std::chrono::milliseconds at_most);

  /// Until the thread is asked to stop: asks for more time while the server starts and stops, an hour longer at most;
  /// and, where the manager has a watchdog, tells it twice in its interval that the server is alive, while
  /// `makes_progress` says so. That must neither block nor throw.
  std::jthread watch(std::function<bool()> makes_progress);

 private:
  enum class Phase { starting, ready, reloading, stopping };

  void beat(const std::function<bool()>& makes_progress);
  std::chrono::microseconds interval() const;

  std::vector<int> sockets_;
  bool is_heard_ = false;                          ///< Whether anybody wants to know.
  std::chrono::microseconds watchdog_interval_{};  ///< 0: there is no watchdog.
  std::mutex mutex_;
  Phase phase_ = Phase::starting;                        // Guarded by mutex_.
  std::string status_;                                   // Guarded by mutex_: when it was ready.
  std::chrono::steady_clock::time_point patience_ends_;  // Guarded by mutex_: then it should have started, or ended.
};

}  // namespace luminate::server
