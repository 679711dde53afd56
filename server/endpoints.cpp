#include "server/endpoints.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "server/config/config_error.hpp"

namespace luminate::server {
namespace {

struct LocalAddress {
  bool is_unix = false;
  std::string host{};  ///< Or the path of a Unix socket.
  std::uint16_t port = 0;
};

LocalAddress address_of(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(socket, address, &size) != 0) return {};
  if (address->sa_family == AF_UNIX) {
    return {true, reinterpret_cast<const sockaddr_un&>(storage).sun_path};
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(address, size, host.data(), host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  return {false, host.data(), static_cast<std::uint16_t>(std::atoi(port.data()))};
}

bool is_reachable(const LocalAddress& address) {
  return !address.is_unix && !config::is_loopback(address.host);
}

/// "127.0.0.1:8080", "[::1]:8080".
std::string authority_of(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace

Endpoints::Endpoints(const config::Config& config, std::vector<int> sockets)
    : scheme_(config.server.tls.enabled() ? "https://" : "http://"),
      host_(config.server.host),
      port_(config.server.port),
      sockets_(std::move(sockets)) {
  are_reachable_ = !config::is_loopback(host_);
  if (sockets_.empty()) return;
  const auto open = std::find_if(sockets_.begin(), sockets_.end(), [](int s) { return is_reachable(address_of(s)); });
  are_reachable_ = open != sockets_.end();
  if (are_reachable_ && !config.auth.enabled && !config.insecure) {
    throw config::ConfigError("the socket that was handed over listens on " + address_of(*open).host +
                              ", which can be reached from other machines, and auth.enabled is false: set auth.enabled "
                              "to true with a key (docs/security.md), or let the socket listen on 127.0.0.1");
  }
}

void Endpoints::listen(http::HttpServer& server) {
  if (sockets_.empty()) {
    bind(server);
    add_tcp(host_, port_);
    return;
  }
  port_ = 0;
  for (const int socket : std::exchange(sockets_, {})) {
    const LocalAddress address = address_of(socket);
    if (text_.empty()) host_ = address.is_unix ? "localhost" : address.host;
    if (text_.empty() && address.is_unix) path_ = address.host;
    server.adopt(socket);
    if (address.is_unix) {
      add_unix(address.host);
    } else {
      add_tcp(address.host, address.port);
      if (port_ == 0) port_ = address.port;
    }
  }
}

void Endpoints::bind(http::HttpServer& server) {
  try {
    port_ = server.bind(host_, port_);
  } catch (const std::system_error& error) {
    const std::errc code = static_cast<std::errc>(error.code().value());
    const char* const cure =
        code == std::errc::address_in_use
            ? "; stop whatever listens there, or choose another port by --port (0 takes a free one)"
        : code == std::errc::permission_denied
            ? "; ports below 1024 need the capability CAP_NET_BIND_SERVICE: choose one above by --port"
        : code == std::errc::address_not_available ? "; --host must be an address of this machine"
                                                   : "";
    throw std::runtime_error(error.what() + std::string(cure));
  }
}

std::string Endpoints::curl_target(const std::string& name) const {
  const bool renamed = !name.empty() && name != host_;
  const bool any = host_ == "0.0.0.0" || host_ == "::";
  const std::string host = renamed ? name : any ? "localhost" : host_;
  if (!path_.empty()) return "--unix-socket " + path_ + ' ' + scheme_ + host;
  const std::string port = std::to_string(port_);
  const std::string resolve = renamed && !are_reachable_ ? "--resolve " + name + ':' + port + ':' + host_ + ' ' : "";
  return resolve + scheme_ + authority_of(host, port_);
}

void Endpoints::add_tcp(const std::string& host, std::uint16_t port) {
  text_ += (text_.empty() ? "" : ", ") + scheme_ + authority_of(host, port);
}

void Endpoints::add_unix(const std::string& path) {
  text_ += (text_.empty() ? "unix:" : ", unix:") + path;
}

}  // namespace luminate::server
