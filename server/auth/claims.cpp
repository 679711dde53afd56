#include "server/auth/claims.hpp"

#include <luminate/validator.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "server/auth/key_ring.hpp"
#include "server/strict_json.hpp"

namespace luminate::server::auth {
namespace {

using Json = nlohmann::json;

// Where a double still tells whole seconds apart. No date that anybody means is near.
constexpr double kMaxSeconds = 9e15;

/// What names another key than ours, or makes the signature mean something else. RFC 7515 wants a `crit` that is not
/// understood to be refused, and we understand none.
constexpr std::array kForbidden{"crit", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"};

std::optional<Json> parse_object(std::string_view text) {
  try {
    Json parsed = parse_strict_json(text, kMaxTokenDepth);
    if (parsed.is_object()) return parsed;
  } catch (const StrictJsonError&) {
    // Its message may quote what it read.
  }
  return std::nullopt;
}

const Json* find(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// A NumericDate, which may have a fraction.
std::optional<double> seconds(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  if (!std::isfinite(number) || std::abs(number) > kMaxSeconds) return std::nullopt;
  return number;
}

std::optional<TokenError> read_times(const Json& object, Claims& claims) {
  const Json* const expires = find(object, "exp");
  const auto end = expires == nullptr ? std::nullopt : seconds(*expires);
  if (!end) return token_error::kNoExpiry;
  claims.expires_s = static_cast<std::int64_t>(std::floor(*end));
  if (const Json* const not_before = find(object, "nbf")) {
    const auto start = seconds(*not_before);
    if (!start) return token_error::kBadTime;
    claims.not_before_s = static_cast<std::int64_t>(std::ceil(*start));
  }
  if (const Json* const issued_at = find(object, "iat")) {
    const auto issued = seconds(*issued_at);
    if (!issued) return token_error::kBadTime;
    claims.issued_at_s = static_cast<std::int64_t>(std::floor(*issued));
  }
  return std::nullopt;
}

std::optional<TokenError> read_parties(const Json& object, Claims& claims) {
  if (const Json* const issuer = find(object, "iss")) {
    if (!issuer->is_string()) return token_error::kBadIssuer;
    claims.issuer = issuer->get<std::string>();
  }
  const Json* const audience = find(object, "aud");
  if (audience == nullptr) return std::nullopt;
  if (audience->is_string()) {
    claims.audience = {audience->get<std::string>()};
    return std::nullopt;
  }
  if (!audience->is_array()) return token_error::kBadAudience;
  for (const Json& one : *audience) {
    if (!one.is_string()) return token_error::kBadAudience;
    claims.audience.push_back(one.get<std::string>());
  }
  return std::nullopt;
}

void add_scope(std::string_view name, Scopes& scopes) {
  // Others may be meant for other services.
  if (const auto scope = parse_scope(name)) scopes.add(*scope);
}

std::optional<TokenError> read_scopes(const Json& object, Scopes& scopes) {
  const Json* const value = find(object, "scopes");
  if (value == nullptr) return std::nullopt;  // A token that is good for nothing.
  if (value->is_string()) {
    for (std::string_view rest = value->get_ref<const std::string&>(); !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(' '));
      add_scope(name, scopes);
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    }
    return std::nullopt;
  }
  if (!value->is_array()) return token_error::kBadScopes;
  for (const Json& name : *value) {
    if (!name.is_string()) return token_error::kBadScopes;
    add_scope(name.get_ref<const std::string&>(), scopes);
  }
  return std::nullopt;
}

std::optional<TokenError> read_tenant(const Json& object, Claims& claims) {
  const Json* const tenant = find(object, "tenant_id");
  if (tenant == nullptr) {
    if (claims.scopes.has(Scope::admin)) return std::nullopt;
    return token_error::kNoTenant;
  }
  if (!tenant->is_string() || !is_tenant_name(tenant->get_ref<const std::string&>())) return token_error::kBadTenant;
  claims.tenant = tenant->get<std::string>();
  return std::nullopt;
}

}  // namespace

std::optional<TokenError> parse_header(std::string_view json, TokenHeader& header) {
  if (json.size() > kMaxTokenHeaderBytes) return token_error::kBadHeader;
  const auto object = parse_object(json);
  if (!object) return token_error::kBadHeader;
  if (std::any_of(kForbidden.begin(), kForbidden.end(), [&](const char* name) { return object->contains(name); })) {
    return token_error::kForbiddenHeader;
  }
  if (const Json* const type = find(*object, "typ")) {
    if (!type->is_string()) return token_error::kWrongType;
    const std::string_view name = type->get_ref<const std::string&>();
    if (!equals_ignoring_case(name, "JWT") && !equals_ignoring_case(name, "at+jwt")) return token_error::kWrongType;
  }
  const Json* const algorithm = find(*object, "alg");
  if (algorithm == nullptr || !algorithm->is_string()) return token_error::kNoAlgorithm;
  header.algorithm = algorithm->get<std::string>();
  if (const Json* const id = find(*object, "kid")) {
    if (!id->is_string()) return token_error::kBadKeyId;
    header.key_id = id->get<std::string>();
    if (header.key_id->empty() || header.key_id->size() > kMaxKeyIdBytes) return token_error::kBadKeyId;
  }
  return std::nullopt;
}

std::optional<TokenError> parse_claims(std::string_view json, Claims& claims) {
  const auto object = parse_object(json);
  if (!object) return token_error::kBadClaims;
  if (auto error = read_times(*object, claims)) return error;
  if (auto error = read_parties(*object, claims)) return error;
  if (auto error = read_scopes(*object, claims.scopes)) return error;
  return read_tenant(*object, claims);
}

std::string claims_json(const Claims& claims) {
  Json object = Json::object();
  if (!claims.tenant.empty()) object["tenant_id"] = claims.tenant;
  object["scopes"] = Json::array();
  for (const Scope scope : {Scope::read, Scope::write, Scope::admin}) {
    if (claims.scopes.has(scope)) object["scopes"].push_back(to_string(scope));
  }
  if (claims.issuer) object["iss"] = *claims.issuer;
  if (!claims.audience.empty()) object["aud"] = claims.audience;
  object["exp"] = claims.expires_s;
  if (claims.not_before_s) object["nbf"] = *claims.not_before_s;
  if (claims.issued_at_s) object["iat"] = *claims.issued_at_s;
  return object.dump();
}

std::string header_json(const TokenHeader& header) {
  Json object{{"alg", header.algorithm}, {"typ", "JWT"}};
  if (header.key_id) object["kid"] = *header.key_id;
  return object.dump();
}

bool is_tenant_name(std::string_view name) {
  const Point probe{.name = "tenant", .dimensions = {{"tenant", std::string(name)}}};
  return !Validator().check(probe, probe.timestamp_ms);
}

}  // namespace luminate::server::auth
