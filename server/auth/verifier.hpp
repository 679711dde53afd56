#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/auth/claims.hpp"
#include "server/auth/key_ring.hpp"
#include "server/auth/token_cache.hpp"
#include "server/auth/token_error.hpp"

namespace luminate::server::auth {

inline constexpr std::size_t kMaxTokenBytes = 8192;
inline constexpr std::chrono::seconds kMaxLeeway{60};

/// What a token must say beside being signed.
struct TokenRules {
  std::string issuer{};            ///< Its `iss`; empty: any, or none.
  std::string audience{};          ///< One of its `aud`; empty: any, or none.
  std::chrono::seconds leeway{0};  ///< By how much clocks may differ; 60 s at most.
};

/// What became of a token: a principal, or why there is none.
struct Verification {
  std::shared_ptr<const Principal> principal{};
  TokenError error{};
};

/// Decides which tokens are good: JWTs in compact form (RFC 7519), signed (RFC 7515) with a key of ours by the
/// algorithm that this key is for (RFC 8725). Immutable but for a cache of what was verified, which dies with it: new
/// keys come in a new Verifier. Any thread may use it.
class Verifier {
 public:
  /// @param cache_capacity tokens to remember; 0: none.
  Verifier(KeyRing keys, TokenRules rules, std::size_t cache_capacity = 1024);

  Verification verify(std::string_view token, std::int64_t now_s) const;

  const KeyRing& keys() const noexcept { return keys_; }
  const TokenRules& rules() const noexcept { return rules_; }

 private:
  std::optional<TokenError> check(std::string_view token, Claims& claims) const;
  std::optional<TokenError> check_rules(const Claims& claims, std::int64_t now_s) const;

  KeyRing keys_;
  TokenRules rules_;
  std::size_t cache_capacity_;
  mutable TokenCache cache_;
};

/// A token in compact form. @throws KeyError for a key that cannot sign.
std::string sign_token(const Key& key, const std::optional<std::string>& key_id, const Claims& claims);

}  // namespace luminate::server::auth
