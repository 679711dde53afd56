#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// The names under which a server lets itself be asked. A page can make its own name point to 127.0.0.1 (DNS
/// rebinding), and to a browser the server is then part of that page's site; but Host still has the page's name.
class HostNames {
 public:
  /// Takes any Host.
  HostNames() = default;
  /// Takes localhost, any IP address, which no name server has a say in, and these names; whatever the port.
  explicit HostNames(std::vector<std::string> names) : checked_(true), names_(std::move(names)) {}

  /// 403 for a request that asks for another host.
  std::optional<http::Response> refuse_foreign(const http::Request& request) const;

 private:
  bool checked_ = false;
  std::vector<std::string> names_;
};

}  // namespace luminate::server::api
