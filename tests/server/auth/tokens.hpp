#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/auth/base64url.hpp"
#include "server/auth/key.hpp"
#include "tests/server/auth/test_keys.hpp"

namespace luminate::server::auth {

inline constexpr std::int64_t kNow = 1'700'000'000;

inline Key secret_key(Algorithm algorithm = Algorithm::hs256, const std::string& secret = test_keys::kSecret) {
  return Key::from_secret(algorithm, secret);
}

/// Signs any header and any claims, right or wrong.
inline std::string token_of(const Key& key, const std::string& header, const std::string& claims) {
  const std::string text = encode_base64url(header) + '.' + encode_base64url(claims);
  return text + '.' + encode_base64url(key.sign(text));
}

inline std::string claims_text(const std::string& more = "", std::int64_t expires_s = kNow + 100,
                               const std::string& scopes = R"(["read","write"])",
                               const std::string& tenant = R"("acme")") {
  return (tenant.empty() ? "{" : R"({"tenant_id":)" + tenant + ',') + R"("scopes":)" + scopes + R"(,"exp":)" +
         std::to_string(expires_s) + (more.empty() ? "" : ',' + more) + '}';
}

/// By HS256 and the test's secret.
inline std::string token_with(const std::string& claims, const std::string& header = R"({"alg":"HS256","typ":"JWT"})") {
  return token_of(secret_key(), header, claims);
}

}  // namespace luminate::server::auth
