#include "server/announcement.hpp"

#include <luminate/version.hpp>

#include <unistd.h>

#include <cstdio>
#include <string>

#include "server/config/secrets.hpp"

namespace luminate::server {
namespace {

/// What to paste into a shell for a first write.
std::string first_write(const config::Config& config, const Endpoints& endpoints, const http::TlsContext* tls) {
  std::string command = "curl ";
  std::string name;
  if (tls != nullptr) {
    name = tls->name_for(endpoints.host());
    if (!tls->is_trusted_here()) command += "--cacert " + printable(config.server.tls.cert_file) + ' ';
    if (tls->demands_certificates()) command += "--cert CLIENT.pem --key CLIENT.key ";
  }
  command += endpoints.curl_target(name) + "/api/v1/write -H 'Content-Type: application/json' ";
  if (config.auth.enabled) command += "-H \"Authorization: Bearer $TOKEN\" ";
  return command + "-d '{\"metrics\": [{\"name\": \"hello\", \"value\": 1}]}'";
}

}  // namespace

void announce(const config::Config& config, const Endpoints& endpoints, const http::TlsContext* tls, Logger& logger) {
  const std::string store = config::mask_secrets(config.storage_url);
  const bool guarded = config.auth.enabled;
  const std::string write = first_write(config, endpoints, tls);
  if (endpoints.are_reachable() && !guarded) {
    logger.log(LogLevel::warning,
               "there is no authentication: anybody who can reach this address may read, write and delete");
  } else if (endpoints.are_reachable() && tls == nullptr) {
    logger.log(LogLevel::warning,
               "tokens travel in the clear to this address: set server.tls.cert_file and server.tls.key_file, or let a "
               "proxy that speaks TLS stand before it");
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
