#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace luminate::server::http {

/// Listens and hands out accepted sockets: the adapter around cpp-httplib, whose header no other file includes.
class Acceptor {
 public:
  /// Called on the thread of run() for every connection, and owns the socket. Must not throw, and must not block: the
  /// next connection waits for it.
  using OnConnection = std::function<void(int socket)>;

  explicit Acceptor(OnConnection on_connection);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// @returns the port, a free one where `port` is 0. Connections queue from now on. @throws std::system_error
  std::uint16_t bind(const std::string& host, std::uint16_t port);

  /// Accepts until stop(); returns at once after it.
  void run();

  /// Safe from any thread, and more than once. Connections not accepted yet are reset once the acceptor dies.
  void stop();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace luminate::server::http
