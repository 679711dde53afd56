#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/scopes.hpp"
#include "server/auth/token_error.hpp"

namespace luminate::server::auth {

inline constexpr std::size_t kMaxTokenHeaderBytes = 1024;
inline constexpr std::size_t kMaxTokenDepth = 8;  ///< Of the claims, the outermost object included.

/// What the header of a token says. It is not verified: it only helps to find the key.
struct TokenHeader {
  std::string algorithm;
  std::optional<std::string> key_id;
};

/// What a token says of whoever brings it. Times are Unix seconds.
struct Claims {
  std::string tenant{};  ///< Empty: bound to none.
  Scopes scopes{};
  std::optional<std::string> issuer{};
  std::vector<std::string> audience{};
  std::int64_t expires_s = 0;
  std::optional<std::int64_t> not_before_s{};
  std::optional<std::int64_t> issued_at_s{};
};

/// Reads the header's JSON. What could name another key or another meaning of the signature is refused.
std::optional<TokenError> parse_header(std::string_view json, TokenHeader& header);

/// Reads the claims' JSON. Claims that nobody here knows are passed over.
std::optional<TokenError> parse_claims(std::string_view json, Claims& claims);

/// The JSON of a token with these claims.
std::string claims_json(const Claims& claims);
std::string header_json(const TokenHeader& header);

/// True for what Store::tenant() takes.
bool is_tenant_name(std::string_view name);

}  // namespace luminate::server::auth
