#include "server/auth/verifier.hpp"

#include <algorithm>
#include <limits>

#include "server/auth/base64url.hpp"

namespace luminate::server::auth {
namespace {

// An iat in the future means a wrong clock somewhere. It is no promise as nbf is, so that this does not follow the
// leeway: with none, tokens that were issued just now would be refused wherever clocks differ by a second.
constexpr std::int64_t kMaxIssuedAhead = 60;

/// A token in its three parts, as sent.
struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;  ///< The first two, with their dot.
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  const Parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                    token.substr(0, second)};
  if (parts.header.empty() || parts.claims.empty() || parts.signature.empty()) return std::nullopt;
  return parts;
}

}  // namespace

Verifier::Verifier(KeyRing keys, TokenRules rules, std::size_t cache_capacity)
    : keys_(std::move(keys)), rules_(std::move(rules)), cache_capacity_(cache_capacity), cache_(cache_capacity) {
  rules_.leeway = std::clamp(rules_.leeway, std::chrono::seconds(0), kMaxLeeway);
}

Verification Verifier::verify(std::string_view token, std::int64_t now_s) const {
  if (token.size() > kMaxTokenBytes) return {nullptr, token_error::kTooLarge};
  TokenDigest digest;
  if (cache_capacity_ > 0) {
    digest = digest_of(token);
    if (auto known = cache_.find(digest, now_s)) return {std::move(known), {}};
  }
  Claims claims;
  if (const auto error = check(token, claims)) return {nullptr, *error};
  if (const auto error = check_rules(claims, now_s)) return {nullptr, *error};
  auto principal = std::make_shared<const Principal>(Principal{claims.tenant, claims.scopes});
  // Not within the leeway: there every request is checked anew.
  if (cache_capacity_ > 0 && now_s < claims.expires_s) {
    const std::int64_t earliest = std::max(claims.not_before_s.value_or(std::numeric_limits<std::int64_t>::min()),
                                           claims.issued_at_s.value_or(std::numeric_limits<std::int64_t>::min()));
    cache_.put(digest, principal, {earliest, claims.expires_s});
  }
  return {std::move(principal), {}};
}

/// Everything but the rules, in the order of RFC 8725: what is not signed is not believed, and only the signature's key
/// decides how it is checked.
std::optional<TokenError> Verifier::check(std::string_view token, Claims& claims) const {
  const auto parts = split(token);
  if (!parts) return token_error::kMalformed;
  if (parts->header.size() > (kMaxTokenHeaderBytes * 4 + 2) / 3) return token_error::kBadHeader;
  const auto header_text = decode_base64url(parts->header);
  const auto claims_text = decode_base64url(parts->claims);
  const auto signature = decode_base64url(parts->signature);
  if (!header_text || !claims_text || !signature) return token_error::kMalformed;
  TokenHeader header;
  if (auto error = parse_header(*header_text, header)) return error;
  const Key* const key = keys_.find(header.key_id);
  if (key == nullptr) return header.key_id ? token_error::kUnknownKey : token_error::kNoKeyId;
  if (header.algorithm != to_string(key->algorithm())) return token_error::kWrongAlgorithm;
  if (!key->verify(parts->signed_text, *signature)) return token_error::kBadSignature;
  return parse_claims(*claims_text, claims);
}

std::optional<TokenError> Verifier::check_rules(const Claims& claims, std::int64_t now_s) const {
  const std::int64_t leeway = rules_.leeway.count();
  if (now_s >= claims.expires_s + leeway) return token_error::kExpired;
  if (claims.not_before_s && now_s < *claims.not_before_s - leeway) return token_error::kNotYetValid;
  if (claims.issued_at_s && now_s < *claims.issued_at_s - kMaxIssuedAhead) return token_error::kIssuedAhead;
  if (!rules_.issuer.empty() && claims.issuer != rules_.issuer) return token_error::kWrongIssuer;
  if (!rules_.audience.empty() &&
      std::find(claims.audience.begin(), claims.audience.end(), rules_.audience) == claims.audience.end()) {
    return token_error::kWrongAudience;
  }
  return std::nullopt;
}

std::string sign_token(const Key& key, const std::optional<std::string>& key_id, const Claims& claims) {
  std::string token = encode_base64url(header_json({std::string(to_string(key.algorithm())), key_id})) + '.' +
                      encode_base64url(claims_json(claims));
  token += '.' + encode_base64url(key.sign(token));
  return token;
}

}  // namespace luminate::server::auth
