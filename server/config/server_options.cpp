#include "server/config/sections.hpp"

#include <luminate/query.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "server/config/option_values.hpp"

namespace luminate::server::config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHour = std::chrono::hours(1);

/// A timeout of the HTTP server: a millisecond to an hour, or from nothing where that makes sense.
template <auto Field, int Minimum>
constexpr Option timeout(std::string_view name, std::string_view default_value, std::string_view meaning) {
  return {name,
          default_value,
          meaning,
          "",
          [](Config& config, const Option& option, std::string_view value) {
            config.server.*Field = read_duration(option, value, milliseconds(Minimum), kHour);
          },
          [](const Config& config, const Option&) { return format_duration(config.server.*Field); }};
}

bool is_host(std::string_view text) {
  // 253 is the longest host name that DNS knows.
  return !text.empty() && text.size() <= 253 && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == 0x7F;
  });
}

void set_host(Config& config, const Option& option, std::string_view value) {
  if (!is_host(value)) refuse_value(option, value, "a host name or an IP address");
  config.server.host = value;
}

constexpr std::size_t kMaxHostNames = 100;

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void set_host_names(Config& config, const Option& option, std::string_view value) {
  std::vector<std::string> names;
  for (std::string_view rest = value; !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    name.remove_prefix(std::min(name.size(), name.find_first_not_of(' ')));
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    if (!is_host(name) || name.find(':') != std::string_view::npos || names.size() == kMaxHostNames) {
      refuse_value(option, value, "at most 100 host names, without ports and with commas between them");
    }
    names.emplace_back(name);
  }
  config.server.host_names = std::move(names);
}

constexpr std::size_t kMaxPathBytes = 4096;

template <auto Field>
constexpr Option tls_file(std::string_view name, std::string_view meaning) {
  return {name,
          "",
          meaning,
          "",
          [](Config& config, const Option& option, std::string_view value) {
            config.server.tls.*Field = read_text(option, value, kMaxPathBytes);
          },
          [](const Config& config, const Option&) { return config.server.tls.*Field; }};
}

constexpr std::array kOptions{
    Option{"server.host", "127.0.0.1",
           "address to listen on; one that others can reach needs auth.enabled, or --insecure", "--host", set_host,
           [](const Config& config, const Option&) { return config.server.host; }, Option::Kind::plain, "HOST"},
    Option{"server.port", "8080", "port to listen on; 0 takes a free one", "--port",
           [](Config& config, const Option& option, std::string_view value) {
             config.server.port = read_count<std::uint16_t>(option, value, 0, 65'535);
           },
           [](const Config& config, const Option&) { return std::to_string(config.server.port); }, Option::Kind::plain,
           "PORT"},
    timeout<&Config::Server::read_timeout, 1>("server.read_timeout", "30s",
                                              "time for a whole request head, and for a whole body, to arrive"),
    timeout<&Config::Server::write_timeout, 1>("server.write_timeout", "30s",
                                               "time for a client to take its answer, or a piece of a large one"),
    timeout<&Config::Server::idle_timeout, 1>("server.idle_timeout", "1m",
                                              "how long a connection may wait between requests"),
    timeout<&Config::Server::shutdown_delay, 0>(
        "server.shutdown_delay", "0ms",
        "at SIGTERM, how long it still serves while /readyz says 503, for load balancers to notice"),
    timeout<&Config::Server::shutdown_timeout, 0>("server.shutdown_timeout", "30s",
                                                  "time for requests in flight to finish at shutdown"),
    Option{"server.max_connections", "512", "connections at once", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.server.max_connections = read_count<std::size_t>(option, value, 1, 65'536);
           },
           [](const Config& config, const Option&) { return std::to_string(config.server.max_connections); }},
    Option{"server.host_names", "",
           "names beside localhost by which it may be asked while auth.enabled is false, such as a, b", "",
           set_host_names, [](const Config& config, const Option&) { return join(config.server.host_names); }},
    tls_file<&Config::Tls::cert_file>(
        "server.tls.cert_file", "certificate for https, in PEM: the server's own first, then those of its issuers"),
    tls_file<&Config::Tls::key_file>("server.tls.key_file", "private key of the certificate, in PEM, not encrypted"),
    tls_file<&Config::Tls::client_ca_file>(
        "server.tls.client_ca_file", "certificates of authorities, in PEM: clients need a certificate by one of them"),
};

}  // namespace

std::span<const Option> server_options() {
  return kOptions;
}

}  // namespace luminate::server::config
