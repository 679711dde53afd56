#include <luminate/error.hpp>

#include <netdb.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "server/config/loader.hpp"
#include "server/config/substitution.hpp"
#include "server/tools/report.hpp"
#include "server/tools/tools.hpp"

// Asks a server on this machine how it is, where there is neither curl nor a shell: in a container.
namespace luminate::server::tools {
namespace {

using Clock = std::chrono::steady_clock;

/// "HTTP/1.1 200" and what follows up to the end of the line: more is not read.
constexpr std::size_t kMaxStatusLine = 256;

/// A connection whose every wait ends at one time.
class Socket {
 public:
  Socket(const addrinfo& address, Clock::time_point deadline)
      : descriptor_(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol)),
        deadline_(deadline) {
    if (descriptor_ < 0) return;
    limit_wait();
    if (::connect(descriptor_, address.ai_addr, address.ai_addrlen) == 0) return;
    error_ = errno == EINPROGRESS || errno == EAGAIN ? ETIMEDOUT : errno;
    ::close(descriptor_);
    descriptor_ = -1;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int error() const { return error_; }
  int descriptor() const { return descriptor_; }

  /// The next read or write waits no longer than there is time.
  void limit_wait() const {
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline_ - Clock::now());
    const auto micros = std::max<std::chrono::microseconds::rep>(left.count(), 1);  // 0 would be for ever.
    const timeval wait{micros / 1'000'000, micros % 1'000'000};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  }
  bool has_time() const { return Clock::now() < deadline_; }

 private:
  int descriptor_;
  int error_ = errno;
  Clock::time_point deadline_;
};

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};

/// Where this machine reaches a server that listens on `host`.
std::string reachable(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::" || host == "[::]") return "::1";
  return host;
}

std::unique_ptr<Socket> connect(const std::string& host, std::uint16_t port, Clock::time_point deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0) {
    throw std::runtime_error("server.host: " + ::luminate::server::printable(host) + ": " + ::gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  int error = ECONNREFUSED;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    auto socket = std::make_unique<Socket>(*address, deadline);
    if (socket->is_open()) return socket;
    error = socket->error();
  }
  throw std::runtime_error("nobody answers at " + host + " port " + std::to_string(port) + ": " +
                           std::generic_category().message(error));
}

/// Sends and receives, in the clear or by TLS.
class Conversation {
 public:
  Conversation(const Socket& socket, bool tls) : socket_(socket) {
    if (!tls) return;
    // Nothing secret is sent, and the server is known by its port on this machine: its certificate, which is for other
    // names than an address of loopback, proves nothing here.
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (context_) connection_.reset(SSL_new(context_.get()));
    socket_.limit_wait();
    if (!connection_ || SSL_set_fd(connection_.get(), socket_.descriptor()) != 1 ||
        SSL_connect(connection_.get()) != 1) {
      throw std::runtime_error("the server accepts connections, but no TLS comes about");
    }
  }

  bool send(std::string_view text) {
    socket_.limit_wait();
    const auto size = static_cast<int>(text.size());
    return connection_ ? SSL_write(connection_.get(), text.data(), size) == size
                       : ::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL) == size;
  }
  /// The first line, or what there is of it when time is up or the server has hung up.
  std::string receive_line() {
    std::string line;
    while (line.find('\n') == std::string::npos && line.size() < kMaxStatusLine && socket_.has_time()) {
      char piece[kMaxStatusLine];
      socket_.limit_wait();
      const auto count = connection_ ? SSL_read(connection_.get(), piece, sizeof piece)
                                     : ::recv(socket_.descriptor(), piece, sizeof piece, 0);
      if (count <= 0) break;
      line.append(piece, static_cast<std::size_t>(count));
    }
    return line.substr(0, line.find_first_of("\r\n"));
  }

 private:
  const Socket& socket_;
  std::unique_ptr<SSL_CTX, FreeTls> context_;
  std::unique_ptr<SSL, FreeTls> connection_;
};

}  // namespace

int health(const HealthArguments& arguments) {
  config::Sources sources;
  sources.file = arguments.config;
  sources.environment = config::process_environment();
  const config::Config::Server server = config::load(sources).server;

  const std::string path = arguments.ready ? "/readyz" : "/healthz";
  const auto socket = connect(reachable(server.host), server.port, Clock::now() + arguments.timeout);
  if (!server.tls.client_ca_file.empty()) {
    // Whoever has no certificate by that authority gets no answer, this program included.
    std::puts("accepts connections (and answers those who bring a certificate)");
    return 0;
  }
  Conversation conversation(*socket, server.tls.enabled());
  std::string line;
  if (conversation.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")) {
    line = conversation.receive_line();
  }
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!line.starts_with(kVersion)) {
    throw std::runtime_error(path + " is not answered within " + format_duration(arguments.timeout));
  }
  const std::string answer = safe(std::string_view(line).substr(kVersion.size()));
  if (!answer.starts_with("200")) throw std::runtime_error(path + " answers " + answer);
  std::puts(("ok: " + path + " answers " + answer).c_str());
  return 0;
}

}  // namespace luminate::server::tools
