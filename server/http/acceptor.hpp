#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace luminate::server::http {

/// Listens and hands out accepted sockets: the adapter around cpp-httplib, whose header no other file includes.
class Acceptor {
 public:
  /// Called on the thread of run() for every connection, and owns the socket. Must not throw, and must not block: the
  /// next connection waits for it.
  using OnConnection = std::function<void(int socket)>;

  /// @throws std::system_error
  explicit Acceptor(OnConnection on_connection);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// @returns the port, a free one where `port` is 0. Connections queue from now on. @throws std::system_error
  std::uint16_t bind(const std::string& host, std::uint16_t port);

  /// Takes over a socket that listens already, of any address family. Others may hold it too, a service manager above
  /// all: what is not accepted here is left to them.
  void adopt(int listening);

  /// Accepts until stop(); returns at once after it. Who had connected to an address of bind() by then is accepted
  /// still, and the address is free when this returns. Once.
  void run();

  /// Safe from any thread, and more than once.
  void stop();

  /// For how long run() has not been seen to be at it: hardly more than a second, unless its thread is stuck.
  std::chrono::milliseconds unseen() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Listener {
    int descriptor;
    bool is_shared;
  };

  void listen_on(Listener listener);
  bool accept_queued(int listening);

  const OnConnection on_connection_;
  const int wake_;  ///< Becomes readable, and stays so, at stop().
  std::vector<Listener> listeners_;
  std::atomic<Clock::rep> seen_;
};

}  // namespace luminate::server::http
