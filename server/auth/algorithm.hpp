#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace luminate::server::auth {

/// How tokens are signed (RFC 7518, RFC 8037). There is no "none".
enum class Algorithm : std::int32_t { hs256 = 1, hs384 = 2, hs512 = 3, rs256 = 4, es256 = 5, eddsa = 6 };

/// "HS256, HS384, HS512, RS256, ES256, EdDSA": for messages.
inline constexpr std::string_view kAlgorithmNames = "HS256, HS384, HS512, RS256, ES256, EdDSA";

/// As a token's header has it: "HS256".
std::string_view to_string(Algorithm algorithm) noexcept;
/// The algorithm of exactly that name.
std::optional<Algorithm> parse_algorithm(std::string_view name) noexcept;
/// True for those by which whoever can verify a token can also make one.
bool is_symmetric(Algorithm algorithm) noexcept;

}  // namespace luminate::server::auth
