#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/http/message.hpp"
#include "support/tls_client.hpp"

namespace luminate::server::http {

/// Whether this run of the tests is the one by TLS (CMakeLists.txt).
inline bool over_tls() {
  return std::getenv("LUMINATE_TEST_TLS") != nullptr;
}

struct RawResponse {
  int status = 0;
  Headers headers;
  std::string body;

  std::string header(std::string_view name) const {
    const auto entry = headers.find(name);
    return entry == headers.end() ? "" : entry->second;
  }
};

/// A client that sends whatever bytes it is given and knows just enough HTTP to take answers apart. By TLS the
/// handshake happens before the first byte in any direction.
class RawClient {
 public:
  static constexpr std::chrono::milliseconds kPatience{10'000};

  explicit RawClient(std::uint16_t port) : RawClient(port, over_tls()) {}
  RawClient(std::uint16_t port, const test::TlsClientShape& shape) : RawClient(port, false) {
    tls_ = std::make_unique<test::TlsClient>(socket_, shape);
  }
  RawClient(std::uint16_t port, bool by_tls) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (by_tls) tls_ = std::make_unique<test::TlsClient>(socket_);
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        received_(other.received_),
        input_(std::move(other.input_)),
        tls_(std::move(other.tls_)),
        secured_(other.secured_) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  bool connected() const { return connected_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void finish_sending() {
    if (secure()) tls_->close_notify();
    ::shutdown(socket_, SHUT_WR);
  }

  /// Shakes hands, where that is to be done. @returns true when the connection is one by TLS.
  bool secure() {
    if (!tls_ || secured_) return secured_.value_or(false);
    secured_ = tls_->shake_hands(static_cast<int>(kPatience.count()));
    return *secured_;
  }
  /// Of a connection that has ended: whether the server said that this was all. A reset says the contrary.
  bool was_ended_properly() const { return tls_ ? tls_->was_ended_properly() : ended_properly_.value_or(false); }
  test::TlsClient* tls() { return tls_.get(); }
  int descriptor() const { return socket_; }

  /// @returns false when the server stopped listening to it.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send_some(bytes, true);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Sends until the server answers or stops reading, so that a large request cannot lock both sides up.
  void send_until_answered(std::string_view bytes) {
    secure();
    while (!bytes.empty()) {
      pollfd polled{socket_, POLLIN | POLLOUT, 0};
      if (::poll(&polled, 1, static_cast<int>(kPatience.count())) <= 0 || (polled.revents & ~POLLOUT) != 0) return;
      const ssize_t sent = send_some(bytes, false);
      if (sent < 0 || (sent == 0 && !tls_)) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The next answer; nothing when the connection ends, or nobody answers.
  std::optional<RawResponse> receive(std::chrono::milliseconds patience = kPatience, bool head_only = false) {
    const auto head_end = [&] { return input_.find("\r\n\r\n"); };
    while (head_end() == std::string::npos) {
      if (!fill(patience)) return std::nullopt;
    }
    RawResponse response;
    std::string_view head = std::string_view(input_).substr(0, head_end() + 2);
    const std::size_t head_size = head.size() + 2;
    for (bool first = true; !head.empty(); first = false) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(line.size() + 2);
      const std::size_t colon = line.find(": ");
      if (first) {
        std::from_chars(line.data() + 9, line.data() + line.size(), response.status);
      } else if (colon != std::string_view::npos) {
        response.headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
      }
    }
    input_.erase(0, head_size);
    std::size_t length = 0;
    const std::string text = response.header("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    if (head_only) return response;
    if (response.header("Transfer-Encoding") == "chunked") {
      return receive_chunks(response.body, patience) ? std::optional(response) : std::nullopt;
    }
    while (input_.size() < length) {
      if (!fill(patience)) return std::nullopt;
    }
    response.body = input_.substr(0, length);
    input_.erase(0, length);
    return response;
  }

  std::optional<RawResponse> ask(std::string_view request) {
    send_until_answered(request);
    return receive();
  }

  /// Waits for the server to close the connection; false when it sends anything else first, or does nothing.
  bool sees_end(std::chrono::milliseconds patience = kPatience) {
    if (!input_.empty() || !wait_readable(patience)) return false;
    char byte = 0;
    return receive_bytes(&byte, 1) <= 0;
  }

  bool wait_readable(std::chrono::milliseconds patience) {
    if (secure() && tls_->has_pending()) return true;
    pollfd polled{socket_, POLLIN, 0};
    return ::poll(&polled, 1, static_cast<int>(patience.count())) > 0;
  }

  /// The chunks of a body up to its end; false when the connection ends before, or nothing comes. `body` has what came.
  bool receive_chunks(std::string& body, std::chrono::milliseconds patience = kPatience) {
    for (;;) {
      const std::optional<std::size_t> size = receive_chunk(body, patience);
      if (!size.has_value() || *size == 0) return size.has_value();
    }
  }

  /// Appends one chunk of a body. @returns its size, which is 0 for the last, or nothing when it does not come.
  std::optional<std::size_t> receive_chunk(std::string& body, std::chrono::milliseconds patience = kPatience) {
    while (input_.find("\r\n") == std::string::npos) {
      if (!fill(patience)) return std::nullopt;
    }
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(input_.data(), input_.data() + input_.size(), size, 16);
    if (error != std::errc{} || *end != '\r') return std::nullopt;
    input_.erase(0, input_.find("\r\n") + 2);
    while (input_.size() < size + 2) {
      if (!fill(patience)) return std::nullopt;
    }
    body.append(input_, 0, size);
    if (input_.compare(size, 2, "\r\n") != 0) return std::nullopt;
    input_.erase(0, size + 2);
    return size;
  }

  /// All that comes until the connection ends; false when that does not happen.
  bool receive_rest(std::string& body, std::chrono::milliseconds patience = kPatience) {
    while (fill(patience)) {
    }
    body = std::exchange(input_, {});
    return sees_end(std::chrono::milliseconds(0));
  }

  /// How many bytes have come in all.
  std::size_t received() const { return received_; }
  /// Bytes received that no answer has taken.
  const std::string& input() const { return input_; }

 private:
  bool fill(std::chrono::milliseconds patience) {
    if (!wait_readable(patience)) return false;
    char bytes[16 * 1024];
    const ssize_t received = receive_bytes(bytes, sizeof bytes);
    if (received <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(received));
    received_ += static_cast<std::size_t>(received);
    return true;
  }

  /// By TLS 0 means that the socket takes no more now.
  ssize_t send_some(std::string_view bytes, bool wait) {
    if (!tls_) return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
    return secure() ? tls_->send(bytes, wait) : -1;
  }
  ssize_t receive_bytes(char* to, std::size_t size) {
    if (!tls_) {
      const ssize_t received = ::recv(socket_, to, size, 0);
      if (received <= 0 && !ended_properly_) ended_properly_ = received == 0;
      return received;
    }
    return secure() ? tls_->receive(to, size, true) : -1;
  }

  int socket_;
  bool connected_ = false;
  std::size_t received_ = 0;
  std::optional<bool> ended_properly_;
  std::string input_;
  std::unique_ptr<test::TlsClient> tls_;  // None: plain.
  std::optional<bool> secured_;           // Empty before the handshake.
};

}  // namespace luminate::server::http
