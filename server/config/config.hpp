#pragma once

#include <luminate/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "server/auth/algorithm.hpp"
#include "server/config/auth_keys.hpp"
#include "server/config/rate_settings.hpp"
#include "server/logging.hpp"

namespace luminate::server::config {

/// What an operator can settle. docs/configuration.md describes each of them; options.hpp knows them by name.
struct Config {
  /// Files in PEM. Without a certificate the server speaks plain HTTP.
  struct Tls {
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file;  ///< Empty: clients need no certificate.

    bool enabled() const { return !cert_file.empty(); }
  };
  struct Server {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;  ///< 0: any free one.
    std::chrono::milliseconds read_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds write_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);
    std::chrono::milliseconds shutdown_delay{0};  ///< At SIGTERM, from being unready to accepting no more.
    std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(30);
    std::size_t max_connections = 512;
    std::vector<std::string> host_names;  ///< By which it may be asked beside localhost, where nobody needs a token.
    Tls tls{};
  };
  struct Logging {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;
    std::optional<std::chrono::milliseconds> slow_query = std::chrono::seconds(1);  ///< Empty: none is logged.
  };

  struct Auth {
    bool enabled = false;
    auth::Algorithm algorithm = auth::Algorithm::hs256;  ///< Of the key that has no name.
    std::string jwt_secret;
    std::string jwt_secret_file;
    std::string jwt_public_key_path;
    std::vector<NamedKey> keys;
    std::string issuer;    ///< Empty: any.
    std::string audience;  ///< Empty: any.
    std::chrono::milliseconds leeway{0};
  };

  struct Metrics {
    bool enabled = true;
    std::string path = "/metrics";
    std::string token;  ///< That whoever reads them has to bring; empty: nobody has to.
    std::string token_file;
    std::size_t max_tenants = 100;
  };

  struct RateLimits {
    RateSettings others;  ///< Of tenants that are not named.
    std::vector<TenantRateSettings> tenants;
  };

  Server server;
  Auth auth;
  RateLimits rate_limits;
  std::string storage_url = "sqlite:./luminate.db";
  std::string backup_directory;  ///< Empty: no backups by request.
  Options store;
  Logging logging;
  Metrics metrics;
  bool insecure = false;  ///< Only ever from the command line.
};

/// What no single key can tell: keys that contradict each other, and an address that is open to strangers.
/// @throws ConfigError
void check(const Config& config);

/// True when strangers may do everything.
bool is_open_to_others(const Config& config);

/// True for addresses that only this machine can reach.
bool is_loopback(const std::string& host);

}  // namespace luminate::server::config
