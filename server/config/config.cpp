#include "server/config/config.hpp"

#include <arpa/inet.h>
#include <luminate/query.hpp>

namespace luminate::server::config {
namespace {

/// Which keys go together; whether they can be read is for whoever reads them.
void check_auth(const Config::Auth& settings) {
  const int sources = (settings.jwt_secret.empty() ? 0 : 1) + (settings.jwt_secret_file.empty() ? 0 : 1) +
                      (settings.jwt_public_key_path.empty() ? 0 : 1);
  if (sources > 1) {
    throw ConfigError(
        "auth.jwt_secret, auth.jwt_secret_file and auth.jwt_public_key_path exclude each other: keep one, and put "
        "others into auth.keys");
  }
  const std::string algorithm(to_string(settings.algorithm));
  if (is_symmetric(settings.algorithm) && !settings.jwt_public_key_path.empty()) {
    throw ConfigError("auth.jwt_public_key_path does not go with auth.algorithm " + algorithm +
                      ", which takes a secret: set auth.algorithm to RS256, ES256 or EdDSA");
  }
  if (!is_symmetric(settings.algorithm) && sources > 0 && settings.jwt_public_key_path.empty()) {
    throw ConfigError("a secret does not go with auth.algorithm " + algorithm +
                      ", which takes auth.jwt_public_key_path: set that, or auth.algorithm to HS256, HS384 or HS512");
  }
  if (settings.enabled && sources == 0 && settings.keys.empty()) {
    throw ConfigError(
        "auth.enabled needs a key: set auth.jwt_secret, auth.jwt_secret_file, auth.jwt_public_key_path or auth.keys");
  }
}

void check_tls(const Config::Tls& settings) {
  if (settings.cert_file.empty() != settings.key_file.empty()) {
    throw ConfigError("server.tls.cert_file and server.tls.key_file go together: set both, or neither for plain HTTP");
  }
  if (!settings.enabled() && !settings.client_ca_file.empty()) {
    throw ConfigError(
        "server.tls.client_ca_file asks clients for certificates, which takes TLS: set server.tls.cert_file and "
        "server.tls.key_file too");
  }
}

}  // namespace

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return false;
}

bool is_open_to_others(const Config& config) {
  return !config.auth.enabled && !is_loopback(config.server.host);
}

void check(const Config& config) {
  if (!config.insecure && is_open_to_others(config)) {
    throw ConfigError("server.host " + config.server.host +
                      " can be reached from other machines, and auth.enabled is false: set auth.enabled to true with a "
                      "key (docs/security.md), or listen on 127.0.0.1, or pass --insecure to let anybody read, write "
                      "and delete");
  }
  check_auth(config.auth);
  check_tls(config.server.tls);
  if (!config.metrics.token.empty() && !config.metrics.token_file.empty()) {
    throw ConfigError("metrics.token and metrics.token_file exclude each other: keep one");
  }
  const QueryLimits& queries = config.store.queries;
  if (queries.default_timeout > queries.max_timeout) {
    throw ConfigError("query_limits.default_query_timeout (" + format_duration(queries.default_timeout) +
                      ") must not exceed query_limits.max_query_timeout (" + format_duration(queries.max_timeout) +
                      ")");
  }
}

}  // namespace luminate::server::config
