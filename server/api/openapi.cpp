#include "server/api/openapi.hpp"

#include <algorithm>

#include "server/api/parameters.hpp"

namespace luminate::server::api {
namespace {

/// Whether a tag is among those of If-None-Match, which compares weak and strong ones alike (RFC 9110,
/// section 8.8.3.2).
bool lists(std::string_view tags, std::string_view tag) {
  const auto opaque = [](std::string_view one) { return one.starts_with("W/") ? one.substr(2) : one; };
  while (!tags.empty()) {
    std::string_view one = tags.substr(0, tags.find(','));
    tags.remove_prefix(std::min(tags.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(' ')));
    one = one.substr(0, one.find_last_not_of(' ') + 1);
    if (one == "*" || opaque(one) == opaque(tag)) return true;
  }
  return false;
}

}  // namespace

http::Response openapi(const http::Request& request) {
  const Parameters none(request, {});
  http::Response response;
  response.headers["ETag"] = openapi_tag();
  // It changes with the server's version, which nobody can know ahead.
  response.headers["Cache-Control"] = "public, no-cache";
  const auto kept = request.headers.find("If-None-Match");
  if (kept != request.headers.end() && lists(kept->second, openapi_tag())) {
    response.status = 304;
  } else {
    response.body = openapi_document();
  }
  return response;
}

}  // namespace luminate::server::api
