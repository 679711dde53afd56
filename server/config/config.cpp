#include "server/config/config.hpp"

#include <arpa/inet.h>
#include <luminate/query.hpp>

namespace luminate::server::config {
bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return false;
}

void check(const Config& config) {
  if (!config.insecure && !is_loopback(config.server.host)) {
    throw ConfigError(
        "server.host " + config.server.host +
        " can be reached from other machines, and this version has no authentication: listen on 127.0.0.1 "
        "behind a proxy that authenticates, or pass --insecure to let anybody read, write and delete");
  }
  const QueryLimits& queries = config.store.queries;
  if (queries.default_timeout > queries.max_timeout) {
    throw ConfigError("query_limits.default_query_timeout (" + format_duration(queries.default_timeout) +
                      ") must not exceed query_limits.max_query_timeout (" + format_duration(queries.max_timeout) +
                      ")");
  }
}

}  // namespace luminate::server::config
