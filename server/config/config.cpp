#include "server/config/config.hpp"

#include <arpa/inet.h>
#include <luminate/query.hpp>

#include <array>
#include <cstring>

namespace luminate::server::config {
namespace {

constexpr std::string_view kMask = "***";

/// Masks `scheme://user:PASSWORD@host`. A password may hold any character when its writer forgot to percent-encode it,
/// so everything up to the last @ counts as password.
void mask_user_info(std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return;
  const std::size_t at = text.rfind('@');
  const std::size_t colon = text.find(':', scheme + 3);
  if (at == std::string::npos || colon == std::string::npos || colon > at) return;
  text.replace(colon + 1, at - colon - 1, kMask);
}

/// Masks the value of every parameter whose name ends in "password" or "passwd", "secret" or "token".
void mask_parameters(std::string& text) {
  for (const std::string_view name : std::array<std::string_view, 4>{"password=", "passwd=", "secret=", "token="}) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      at += name.size();
      const std::size_t end = std::min(text.find_first_of("& ", at), text.size());
      text.replace(at, end - at, kMask);
    }
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

std::string mask_secrets(std::string_view text) {
  std::string masked(text);
  mask_user_info(masked);
  mask_parameters(masked);
  return masked;
}

}  // namespace luminate::server::config
