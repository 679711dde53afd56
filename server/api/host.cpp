#include "server/api/host.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace luminate::server::api {
namespace {

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

bool is_port(std::string_view text) {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The host of "host", "host:port" or "[v6]:port"; nothing for what is none of these.
std::optional<std::string> host_of(std::string_view authority) {
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  const std::string_view host = bracketed ? authority.substr(1, end - 1) : authority.substr(0, end);
  const std::string_view rest = authority.substr(std::min(authority.size(), bracketed ? end + 1 : host.size()));
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  in6_addr v6{};
  if (bracketed && ::inet_pton(AF_INET6, std::string(host).c_str(), &v6) != 1) return std::nullopt;
  return std::string(host);
}

bool is_address(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return ::inet_pton(AF_INET, host.c_str(), &v4) == 1 || ::inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

}  // namespace

std::optional<http::Response> HostNames::refuse_foreign(const http::Request& request) const {
  if (!checked_) return std::nullopt;
  const auto header = request.headers.find("Host");
  const auto host = header == request.headers.end() ? std::nullopt : host_of(header->second);
  if (host && (is_address(*host) || equals_ignoring_case(*host, "localhost") ||
               std::any_of(names_.begin(), names_.end(),
                           [&](const std::string& name) { return equals_ignoring_case(*host, name); }))) {
    return std::nullopt;
  }
  http::Response response = http::error_response(
      403, "FORBIDDEN",
      "the request asks for a host that this server does not go by; use localhost or an address, or name the host in "
      "server.host_names",
      R"({"field": "Host"})");
  response.reason = "foreign_host";
  return response;
}

}  // namespace luminate::server::api
