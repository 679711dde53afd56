#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/config/config.hpp"
#include "server/http/http_server.hpp"

namespace luminate::server {

/// Where the server listens: at the configured address, or, instead of it, on sockets that a service manager handed
/// over.
class Endpoints {
 public:
  /// @param sockets listen already, and are owned from now on. @throws config::ConfigError when strangers could reach
  /// one of them and nobody would ask them for a token.
  Endpoints(const config::Config& config, std::vector<int> sockets);

  /// Whether other machines can reach one of them.
  bool are_reachable() const noexcept { return are_reachable_; }

  /// Makes `server` listen. @throws std::runtime_error, the message names the address and the cure.
  void listen(http::HttpServer& server);

  // The rest is known once it listens.

  /// Of the first that is a TCP port; 0 without one.
  std::uint16_t port() const noexcept { return port_; }
  /// What to tell people: "http://127.0.0.1:8080", "unix:/run/luminate.sock", or several with commas between them.
  const std::string& text() const noexcept { return text_; }
  /// Of the first: the address, or "localhost" for a Unix socket.
  const std::string& host() const noexcept { return host_; }
  /// How curl reaches it, up to the path, by a name other than host() where `name` is one.
  std::string curl_target(const std::string& name) const;

 private:
  void bind(http::HttpServer& server);
  void add_tcp(const std::string& host, std::uint16_t port);
  void add_unix(const std::string& path);

  const std::string scheme_;
  std::string host_;
  std::uint16_t port_;
  std::string path_;  ///< Of the first, if it is a Unix socket.
  std::vector<int> sockets_;
  bool are_reachable_;
  std::string text_;
};

}  // namespace luminate::server
