#include "post_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace luminate::bench {

PostClient::PostClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect to the server");
  }
}

PostClient::~PostClient() {
  ::close(socket_);
}

void PostClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server closed the connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void PostClient::post(std::string_view path, std::string_view body) {
  send_all("POST " + std::string(path) +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n");
  send_all(body);
  received_.clear();
  std::array<char, 4096> chunk{};
  constexpr std::string_view kLength = "Content-Length: ";
  for (;;) {
    const ssize_t got = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) throw std::runtime_error("the server closed the connection");
    received_.append(chunk.data(), static_cast<std::size_t>(got));
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    std::size_t length = 0;
    if (const auto at = received_.find(kLength); at < end) {
      const char* digits = received_.data() + at + kLength.size();
      std::from_chars(digits, received_.data() + end, length);
    }
    if (received_.size() >= end + 4 + length) break;
  }
  if (!received_.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("unexpected answer: " + received_);
}

}  // namespace luminate::bench
