#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "server/api/host.hpp"
#include "server/auth/authenticator.hpp"
#include "server/auth/scrape_token.hpp"
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
  scrape,  ///< The scrape token, which is none of the others; everybody where there is none.
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

  /// Access::scrape takes what `token` holds. @param token outlives this.
  AccessControl&& with_scrape_token(const auth::ScrapeToken& token) && {
    scrape_token_ = &token;
    return std::move(*this);
  }

  /// What a request for something with this access reaches, or the answer to it: 401 or 403.
  std::variant<Grant, http::Response> admit(const http::Request& request, Access access) const;

 private:
  std::variant<Grant, http::Response> admit_by_token(const http::Request& request, Access access) const;
  std::variant<Grant, http::Response> admit_scrape(const http::Request& request) const;

  const auth::Authenticator* authenticator_ = nullptr;  ///< Null: there are no tokens.
  const auth::ScrapeToken* scrape_token_ = nullptr;     ///< Null: there is none.
  HostNames hosts_;
};

}  // namespace luminate::server::api
