#include "server/api/access.hpp"

#include <algorithm>
#include <string_view>

#include "server/api/json.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kTenantHeader = "X-Luminate-Tenant";
constexpr std::string_view kChallenge = "Bearer realm=\"luminate\"";

/// 401: who asks is not known. The challenge is that of RFC 6750, section 3: without an error where there was no token.
http::Response unauthorized(std::string_view reason, std::string_view message, bool has_token) {
  JsonWriter details;
  details.begin_object().key("reason").value(reason).end_object();
  http::Response response = http::error_response(401, "UNAUTHORIZED", message, details.text());
  std::string challenge(kChallenge);
  if (has_token) challenge += ", error=\"invalid_token\", error_description=\"" + std::string(message) + '"';
  response.headers["WWW-Authenticate"] = challenge;
  response.reason = reason;
  return response;
}

/// 403: who asks is known, and may not.
http::Response insufficient(const auth::Principal& principal, auth::Scope scope, std::string_view reason,
                            const std::string& message) {
  JsonWriter details;
  details.begin_object().key("scope").value(to_string(scope)).end_object();
  http::Response response = http::error_response(403, "FORBIDDEN", message, details.text());
  response.headers["WWW-Authenticate"] = std::string(kChallenge) +
                                         ", error=\"insufficient_scope\", error_description=\"" + message +
                                         "\", scope=\"" + std::string(to_string(scope)) + '"';
  response.reason = reason;
  response.tenant = principal.tenant;
  return response;
}

http::Response refuse_tenant_header(int status, std::string_view message) {
  http::Response response = http::error_response(status, status == 403 ? "FORBIDDEN" : "INVALID_REQUEST", message,
                                                 R"({"field": "X-Luminate-Tenant"})");
  response.reason = "tenant_header";
  return response;
}

/// What stands behind "Bearer "; nothing where there is another scheme.
std::optional<std::string_view> bearer_token(std::string_view header) {
  constexpr std::string_view kScheme = "bearer ";
  if (header.size() < kScheme.size() || !std::equal(kScheme.begin(), kScheme.end(), header.begin(), [](char a, char b) {
        return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
      })) {
    return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  header.remove_prefix(std::min(header.size(), header.find_first_not_of(' ')));
  return header;
}

/// The token that a request brings, or the answer to it.
std::variant<std::string_view, http::Response> token_of(const http::Request& request) {
  const auto header = request.headers.find("Authorization");
  if (header == request.headers.end()) {
    return unauthorized("no_token", "this needs a token: send the header Authorization: Bearer <token>", false);
  }
  const auto token = bearer_token(header->second);
  if (!token || token->empty()) {
    return unauthorized("no_token", "the Authorization header must be Bearer, a space, and the token", false);
  }
  return *token;
}

auth::Scope scope_of(Access access) {
  switch (access) {
    case Access::read:
      return auth::Scope::read;
    case Access::write:
      return auth::Scope::write;
    default:
      return auth::Scope::admin;
  }
}

}  // namespace

std::variant<Grant, http::Response> AccessControl::admit(const http::Request& request, Access access) const {
  if (access == Access::open) return Grant{};
  if (access == Access::nobody) return http::error_response(403, "FORBIDDEN", "nobody may do this");
  if (access == Access::scrape) return admit_scrape(request);
  if (authenticator_ != nullptr) return admit_by_token(request, access);
  if (auto refusal = hosts_.refuse_foreign(request)) return *refusal;
  // To pass over it would mix a tenant's data with everybody's.
  if (request.headers.contains(kTenantHeader)) {
    return refuse_tenant_header(400, "X-Luminate-Tenant needs authentication, which is off (auth.enabled)");
  }
  return Grant{};
}

std::variant<Grant, http::Response> AccessControl::admit_by_token(const http::Request& request, Access access) const {
  const auto token = token_of(request);
  if (const auto* const refusal = std::get_if<http::Response>(&token)) return *refusal;
  const auth::Verification verification = authenticator_->authenticate(std::get<std::string_view>(token));
  if (verification.principal == nullptr) {
    return unauthorized(verification.error.reason, verification.error.message, true);
  }
  const auth::Principal& principal = *verification.principal;
  const auth::Scope scope = scope_of(access);
  if (!principal.scopes.has(scope)) {
    return insufficient(principal, scope, "missing_scope",
                        "the token lacks the scope " + std::string(to_string(scope)) + ", which this needs");
  }
  if (access == Access::server && !principal.tenant.empty()) {
    return insufficient(principal, scope, "tenant_bound",
                        "this concerns the whole server: it needs a token with the scope admin and without tenant_id");
  }
  const auto named = request.headers.find(kTenantHeader);
  if (named == request.headers.end()) return Grant{principal.tenant};
  if (!principal.tenant.empty()) {
    return refuse_tenant_header(403, "the token is bound to a tenant, so that X-Luminate-Tenant must be left out");
  }
  // Only admin tokens may be without tenant, so that this one is. A comma may be where two headers were joined.
  if (named->second.find(',') != std::string::npos || !auth::is_tenant_name(named->second)) {
    return refuse_tenant_header(
        400, "X-Luminate-Tenant must be there once and be a tenant's name of 1 to 256 characters, without commas");
  }
  return Grant{named->second};
}

std::variant<Grant, http::Response> AccessControl::admit_scrape(const http::Request& request) const {
  if (scrape_token_ == nullptr || !scrape_token_->is_set()) {
    if (auto refusal = hosts_.refuse_foreign(request)) return *refusal;
    return Grant{};
  }
  const auto token = token_of(request);
  if (const auto* const refusal = std::get_if<http::Response>(&token)) return *refusal;
  if (scrape_token_->matches(std::get<std::string_view>(token))) return Grant{};
  return unauthorized("wrong_scrape_token", "the token is not that of metrics.token", true);
}

}  // namespace luminate::server::api
