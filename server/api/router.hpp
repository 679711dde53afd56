#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/access.hpp"
#include "server/http/message.hpp"
#include "server/limits/rates.hpp"

namespace luminate::server::api {

/// What stood in a path where its pattern has {braces}, in order.
using PathParameters = std::vector<std::string>;

struct Route {
  /// @param grant what of the store the request may reach.
  using Handler = std::function<http::Response(const http::Request&, const PathParameters&, const Grant& grant)>;

  std::string_view method;
  std::string_view pattern;  ///< "/api/v1/metrics/{name}/dimensions"; a literal. A {part} is one segment, not empty.
  Access access = Access::nobody;
  limits::Cost cost = limits::Cost::query;  ///< What of its tenant's limits it uses.
  Handler handler{};
};

/// Finds the handler for a request. HEAD is answered as GET; the transport leaves its body out. Immutable.
class Router {
 public:
  struct Match {
    const Route* route = nullptr;  ///< Null: there is none for this method, or for this path at all.
    PathParameters parameters;
    std::string_view pattern;  ///< That the path matched, whatever the method; empty for none.
    std::string allowed;       ///< The methods that the path takes, as Allow wants them.
  };

  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  Match find(const http::Request& request) const;
  const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  std::vector<Route> routes_;
};

/// 404 NOT_FOUND, or 405 METHOD_NOT_ALLOWED with Allow. @pre the match has no route.
http::Response answer_to_mismatch(const Router::Match& match);

}  // namespace luminate::server::api
