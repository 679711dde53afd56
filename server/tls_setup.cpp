#include "server/tls_setup.hpp"

#include <utility>

#include "server/small_file.hpp"

namespace luminate::server {
namespace {

using Part = http::TlsError::Part;

/// Enough for the authorities of a whole distribution.
constexpr std::size_t kMaxFileBytes = 1024 * 1024;

std::string read(std::string_view option, const std::string& path) {
  if (path.empty()) return {};
  try {
    return read_small_file(path, kMaxFileBytes);
  } catch (const FileError& error) {
    throw config::ConfigError(std::string(option) + ": " + printable(path) + ' ' + error.what());
  }
}

/// "server.tls.key_file: key.pem", for a message to follow.
std::string place(const config::Config::Tls& settings, Part part) {
  switch (part) {
    case Part::certificates:
      return "server.tls.cert_file: " + printable(settings.cert_file);
    case Part::key:
      return "server.tls.key_file: " + printable(settings.key_file);
    case Part::client_authorities:
      break;
  }
  return "server.tls.client_ca_file: " + printable(settings.client_ca_file);
}

}  // namespace

TlsSetup set_up_tls(const config::Config::Tls& settings) {
  TlsSetup setup;
  if (!settings.enabled()) return setup;
  const http::TlsMaterial material{read("server.tls.cert_file", settings.cert_file),
                                   read("server.tls.key_file", settings.key_file),
                                   read("server.tls.client_ca_file", settings.client_ca_file)};
  if (!settings.client_ca_file.empty() && material.client_authorities.empty()) {
    throw config::ConfigError(place(settings, Part::client_authorities) + " is empty");
  }
  try {
    setup.context = std::make_shared<const http::TlsContext>(material);
  } catch (const http::TlsError& error) {
    throw config::ConfigError(place(settings, error.part()) + ' ' + error.what());
  }
  for (const http::TlsWarning& warning : setup.context->warnings()) {
    setup.warnings.push_back(place(settings, warning.part) + ' ' + warning.what);
  }
  // Not an error: containers mount secrets so, in file systems of their own.
  if (others_can_read(settings.key_file)) {
    setup.warnings.push_back(
        place(settings, Part::key) +
        " can be read by every user of this machine, who can pose as the server with it; chmod 600 it");
  }
  return setup;
}

}  // namespace luminate::server
