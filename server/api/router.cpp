#include "server/api/router.hpp"

#include <optional>

namespace luminate::server::api {
namespace {

/// Cuts the next segment off a path. @pre `rest` begins with a slash.
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  return segment;
}

std::optional<PathParameters> match(std::string_view pattern, std::string_view path) {
  PathParameters parameters;
  while (!pattern.empty() && !path.empty()) {
    if (path.front() != '/') return std::nullopt;
    const std::string_view expected = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (expected.starts_with('{')) {
      if (found.empty()) return std::nullopt;
      parameters.emplace_back(found);
    } else if (expected != found) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parameters;
}

}  // namespace

Router::Match Router::find(const http::Request& request) const {
  Match found;
  for (const Route& route : routes_) {
    auto parameters = match(route.pattern, request.path);
    if (!parameters) continue;
    found.pattern = route.pattern;
    if (route.method == request.method || (route.method == "GET" && request.method == "HEAD")) {
      found.route = &route;
      found.parameters = std::move(*parameters);
      return found;
    }
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") found.allowed += ", HEAD";
  }
  return found;
}

http::Response answer_to_mismatch(const Router::Match& match) {
  if (match.pattern.empty()) {
    return http::error_response(404, "NOT_FOUND", "there is no such path; docs/http-api.md lists those there are");
  }
  http::Response response =
      http::error_response(405, "METHOD_NOT_ALLOWED", "this path does not take that method; it takes " + match.allowed);
  response.headers["Allow"] = match.allowed;
  return response;
}

}  // namespace luminate::server::api
