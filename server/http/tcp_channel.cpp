#include "server/http/tcp_channel.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace luminate::server::http {
namespace {

Channel::Transfer outcome(ssize_t result, Channel::Status would_block) {
  if (result >= 0) return {Channel::Status::done, static_cast<std::size_t>(result)};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? would_block : Channel::Status::closed, 0};
}

}  // namespace

TcpChannel::TcpChannel(int socket) : socket_(socket) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(socket_, F_SETFD, FD_CLOEXEC);
}

TcpChannel::~TcpChannel() {
  ::close(socket_);
}

Channel::Transfer TcpChannel::receive(char* to, std::size_t size) {
  ssize_t result = 0;
  do {
    result = ::recv(socket_, to, size, MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  if (result == 0) return {Status::closed, 0};
  return outcome(result, Status::want_read);
}

Channel::Transfer TcpChannel::send(const char* from, std::size_t size) {
  ssize_t result = 0;
  do {
    result = ::send(socket_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (result < 0 && errno == EINTR);
  return outcome(result, Status::want_write);
}

Channel::Transfer TcpChannel::peek(char& byte) const {
  ssize_t result = 0;
  do {
    result = ::recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  } while (result < 0 && errno == EINTR);
  if (result == 0) return {Status::closed, 0};
  return outcome(result, Status::want_read);
}

Channel::Status TcpChannel::finish_sending() {
  ::shutdown(socket_, SHUT_WR);
  return Status::done;
}

void TcpChannel::reset() {
  // Closing sends a reset then, and the kernel keeps no megabytes for a client that reads no more.
  const linger nothing{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &nothing, sizeof nothing);
}

std::string TcpChannel::remote_address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

}  // namespace luminate::server::http
