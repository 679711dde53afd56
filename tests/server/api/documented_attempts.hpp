#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// A request that somebody makes who wants to see or change what is not theirs.
struct Attempt {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> query{};
  std::string body{};
  http::Headers headers{};
};

/// All that the API's document says one can send to the routes that need a tenant's token: its examples, about a metric
/// "shared" with a dimension "region", in which each parameter, and each string and name of a member of each body, is
/// replaced by each payload. A route that the document lacks fails a test of its own, so that none is forgotten here.
std::vector<Attempt> documented_attempts(const std::vector<std::string>& payloads);

}  // namespace luminate::server::api
