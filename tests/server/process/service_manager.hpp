#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string>

namespace luminate::server {

/// The socket on which a service manager hears how its services are.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : path_(path), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  }
  ~NotifySocket() { ::close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  std::string variable() const { return "NOTIFY_SOCKET=" + path_; }

  /// The next message; empty when none comes in time.
  std::string next(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    pollfd polled{socket_, POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return "";
    std::array<char, 4096> message{};
    const ssize_t size = ::recv(socket_, message.data(), message.size(), 0);
    return {message.data(), static_cast<std::size_t>(size > 0 ? size : 0)};
  }

  /// The next message that has this line; empty when none comes.
  std::string wait_for(const std::string& line) {
    for (std::string message = next(); !message.empty(); message = next()) {
      if (('\n' + message + '\n').find('\n' + line + '\n') != std::string::npos) return message;
    }
    return "";
  }

 private:
  std::string path_;
  int socket_;
};

}  // namespace luminate::server
