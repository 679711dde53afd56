#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

#include "model/call.hpp"
#include "postgres/url.hpp"

// What the tests of connections share.
namespace luminate::postgres {

using Clock = std::chrono::steady_clock;

inline model::Call within(Clock::duration time, std::stop_token stop = {}) {
  return {.deadline = Clock::now() + time, .stop = std::move(stop)};
}

inline Settings settings_of(const std::string& url, std::size_t pool_size = 4) {
  Options options;
  options.postgres.pool_size = pool_size;
  return parse_url(url, options);
}

/// Listens on a port of 127.0.0.1 and is no PostgreSQL server: closes every connection at once, or takes none at all.
class FalseServer {
 public:
  enum class Manner { closes, is_silent };

  explicit FalseServer(Manner manner) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
    if (manner == Manner::closes) thread_ = std::thread([this] { close_all(); });
  }
  ~FalseServer() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  FalseServer(const FalseServer&) = delete;
  FalseServer& operator=(const FalseServer&) = delete;

  std::string port() const { return std::to_string(port_); }
  std::string url() const {
    return "postgresql://postgres@127.0.0.1:" + port() + "/postgres?gssencmode=disable&sslmode=disable";
  }
  int visitors() const noexcept { return visitors_; }

 private:
  void close_all() {
    for (int visitor = 0; (visitor = ::accept(socket_, nullptr, nullptr)) >= 0; ::close(visitor)) ++visitors_;
  }

  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::atomic<int> visitors_ = 0;
  std::thread thread_;
};

}  // namespace luminate::postgres
