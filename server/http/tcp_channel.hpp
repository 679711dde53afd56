#pragma once

#include <string>

#include "server/http/channel.hpp"

namespace luminate::server::http {

/// Owns an accepted socket.
class TcpChannel final : public Channel {
 public:
  /// Takes `socket` over and switches Nagle's algorithm off: answers are written whole, and must not wait for an
  /// acknowledgement.
  explicit TcpChannel(int socket);
  ~TcpChannel() override;
  TcpChannel(const TcpChannel&) = delete;
  TcpChannel& operator=(const TcpChannel&) = delete;

  Transfer receive(char* to, std::size_t size) override;
  Transfer send(const char* from, std::size_t size) override;
  Status finish_sending() override;
  void reset() override;
  int descriptor() const override { return socket_; }

  /// Looks at the first byte that receive() would get.
  Transfer peek(char& byte) const;

  /// The other side's IP address as text, an IPv4 address in IPv6 clothes as IPv4; empty when it is gone already.
  std::string remote_address() const;

 private:
  int socket_;
};

}  // namespace luminate::server::http
