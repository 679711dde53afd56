#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "server/api/host.hpp"
#include "server/auth/authenticator.hpp"
#include "server/http/message.hpp"

namespace luminate::server::api {

/// What a request must be allowed to do. The first is what a route has that says nothing: it is closed.
enum class Access : std::uint8_t {
  nobody,
  open,  ///< Everybody, without a token.
  read,  ///< The scope of that name, and so on.
  write,
  admin,
  server,  ///< The scope admin, of a token that is bound to no tenant: what concerns the whole server.
};

/// What of the store a request reaches.
struct Grant {
  std::string tenant{};  ///< Empty: what belongs to no tenant.
};

/// Decides who gets in, and to which tenant's data. Immutable; any thread may use it.
class AccessControl {
 public:
  /// Everybody may do everything, under any name.
  AccessControl() = default;
  /// Everybody who asks for one of these hosts may do everything.
  explicit AccessControl(HostNames hosts) : hosts_(std::move(hosts)) {}
  /// Whoever brings a token may do what it says. @param authenticator outlives this.
  explicit AccessControl(const auth::Authenticator& authenticator) : authenticator_(&authenticator) {}

  /// What a request for something with this access reaches, or the answer to it: 401 or 403.
  std::variant<Grant, http::Response> admit(const http::Request& request, Access access) const;

 private:
  std::variant<Grant, http::Response> admit_by_token(const http::Request& request, Access access) const;

  const auth::Authenticator* authenticator_ = nullptr;  ///< Null: there are no tokens.
  HostNames hosts_;
};

}  // namespace luminate::server::api
