#include "server/announcement.hpp"

#include <unistd.h>
#include <luminate/version.hpp>

#include <cstdio>
#include <string>

#include "server/config/secrets.hpp"

namespace luminate::server {

void announce(const config::Config& config, const Endpoints& endpoints, Logger& logger) {
  const std::string store = config::mask_secrets(config.storage_url);
  const bool guarded = config.auth.enabled;
  const std::string write = "curl " + endpoints.curl_target() + "/api/v1/write -H 'Content-Type: application/json' " +
                            (guarded ? "-H \"Authorization: Bearer $TOKEN\" " : "") +
                            "-d '{\"metrics\": [{\"name\": \"hello\", \"value\": 1}]}'";
  if (endpoints.are_reachable() && !guarded) {
    logger.log(LogLevel::warning,
               "there is no authentication: anybody who can reach this address may read, write and delete");
  } else if (endpoints.are_reachable()) {
    logger.log(LogLevel::warning,
               "tokens travel in the clear to this address: let a proxy that speaks TLS stand before it");
  }
  // Who has set up authentication knows how to write, and who reads the terminal is told there.
  const bool is_seen = ::isatty(STDERR_FILENO) == 1;
  logger.log(LogLevel::info, "listening",
             {{"url", endpoints.text()},
              {"port", int{endpoints.port()}},
              {"store", store},
              {"version", LUMINATE_VERSION},
              {guarded || is_seen ? "" : "try", write}});
  if (is_seen) {
    std::fprintf(stderr, "\nluminate-server %s listens on %s and keeps its data in %s. Ctrl-C stops it.\n%s  %s\n\n",
                 LUMINATE_VERSION, endpoints.text().c_str(), printable(store).c_str(),
                 guarded ? "Requests need a token (luminate-server token --help). Try:\n" : "Try:\n", write.c_str());
  }
}

}  // namespace luminate::server
