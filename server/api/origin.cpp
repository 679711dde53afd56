#include "server/api/origin.hpp"

#include <algorithm>
#include <string_view>

namespace luminate::server::api {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// "host:port" of "http://host:port". Browsers leave out a scheme's own port in Origin and in Host alike.
/// Empty for "null", which stands for pages without an origin.
std::string_view authority_of(std::string_view origin) {
  const std::size_t mark = origin.find("://");
  return mark == std::string_view::npos ? std::string_view{} : origin.substr(mark + 3);
}

}  // namespace

std::optional<http::Response> refuse_foreign_origin(const http::Request& request) {
  const auto origin = request.headers.find("Origin");
  if (origin == request.headers.end()) return std::nullopt;
  const std::string_view asking = authority_of(origin->second);
  // Whoever is between client and server can make a page of any name, but none that came by TLS. Behind a proxy the
  // page's scheme says nothing.
  const bool clear = request.encrypted && !origin->second.starts_with("https://");
  const auto host = request.headers.find("Host");
  const std::string_view asked = host == request.headers.end() ? std::string_view{} : host->second;
  const bool same = !clear && !asking.empty() &&
                    std::equal(asking.begin(), asking.end(), asked.begin(), asked.end(),
                               [](char a, char b) { return lower(a) == lower(b); });
  if (same) return std::nullopt;
  http::Response response = http::error_response(
      403, "FORBIDDEN",
      "the request comes from a page of another origin, as its Origin header differs from Host; send it without one",
      R"({"field": "Origin"})");
  response.reason = "foreign_origin";
  return response;
}

}  // namespace luminate::server::api
