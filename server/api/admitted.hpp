#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "server/api/access.hpp"
#include "server/api/router.hpp"
#include "server/http/message.hpp"
#include "server/limits/tenant_limiter.hpp"

namespace luminate::server::api {

/// A request that was let in: where it goes, what it may reach, and what it uses of its tenant's limits.
class Admitted final : public http::Admission {
 public:
  /// @pre the match has a route.
  Admitted(Router::Match match, Grant grant, limits::TenantLimiter::Ticket ticket)
      : match_(std::move(match)), grant_(std::move(grant)), ticket_(std::move(ticket)) {}

  const Route& route() const { return *match_.route; }
  const PathParameters& parameters() const { return match_.parameters; }
  const Grant& grant() const { return grant_; }

  std::string_view tenant() const override { return grant_.tenant; }
  void expect_body(std::size_t bytes) override;

  /// Counts the points that were sent, and tells the client in headers what is left.
  void settle(http::Response& response);

 private:
  Router::Match match_;
  Grant grant_;
  limits::TenantLimiter::Ticket ticket_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace luminate::server::api
