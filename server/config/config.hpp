#pragma once

#include <luminate/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "server/logging.hpp"

namespace luminate::server::config {

/// What an operator can settle. docs/configuration.md describes each of them; options.hpp knows them by name.
struct Config {
  struct Server {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: any free one.
    std::chrono::milliseconds read_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds write_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);
    std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(30);
    std::size_t max_connections = 512;
  };
  struct Logging {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;
    std::optional<std::chrono::milliseconds> slow_query = std::chrono::seconds(1);  ///< Empty: none is logged.
  };

  Server server;
  std::string storage_url = "sqlite:./luminate.db";
  Options store;
  Logging logging;
  bool insecure = false;  ///< Only ever from the command line.
};

/// A configuration that cannot be used. what() is one line that says what, where, and what would be right.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What no single key can tell: keys that contradict each other, and an address that is open to strangers.
/// @throws ConfigError
void check(const Config& config);

/// True for addresses that only this machine can reach.
bool is_loopback(const std::string& host);

}  // namespace luminate::server::config
