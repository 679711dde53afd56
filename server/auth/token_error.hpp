#pragma once

#include <string_view>

namespace luminate::server::auth {

/// Why a token is refused. Both are literals of ours, so that nothing of a token ever gets into an answer or a log.
struct TokenError {
  std::string_view reason;   ///< One word for logs and counts: "expired".
  std::string_view message;  ///< What is wrong, and what would be right. Fits a quoted string of HTTP.
};

namespace token_error {
inline constexpr TokenError kTooLarge{"too_large", "the token is longer than 8192 bytes"};
inline constexpr TokenError kMalformed{
    "malformed", "the token is no signed JWT: three parts of base64url without padding, separated by dots"};
inline constexpr TokenError kBadHeader{
    "bad_header", "the header of the token is no JSON object of at most 1024 bytes that says each thing once"};
inline constexpr TokenError kNoAlgorithm{"wrong_algorithm", "the header of the token has no alg that is a string"};
inline constexpr TokenError kBadKeyId{"unknown_key", "the kid of the token is no string of 1 to 256 bytes"};
inline constexpr TokenError kForbiddenHeader{
    "bad_header",
    "the header of the token holds crit, zip, enc, cty, jku, jwk, x5u or x5c, none of which is accepted here"};
inline constexpr TokenError kWrongType{"bad_header", "the typ of the token must be JWT or at+jwt, or be left out"};
inline constexpr TokenError kUnknownKey{"unknown_key", "the token is signed with a key that is not known here"};
inline constexpr TokenError kNoKeyId{"unknown_key", "the token does not say by kid which key it is signed with"};
inline constexpr TokenError kWrongAlgorithm{"wrong_algorithm",
                                            "the alg of the token is not the one that is configured for its key"};
inline constexpr TokenError kBadSignature{"bad_signature", "the signature of the token is wrong"};
inline constexpr TokenError kBadClaims{"bad_claims",
                                       "the claims of the token are no JSON object that says each thing once"};
inline constexpr TokenError kNoExpiry{"bad_claims", "the token has no exp, or one that is no number of seconds"};
inline constexpr TokenError kBadTime{"bad_claims", "the nbf or iat of the token is no number of seconds"};
inline constexpr TokenError kExpired{"expired", "the token has expired"};
inline constexpr TokenError kNotYetValid{"not_yet_valid", "the token is not valid yet: its nbf lies ahead"};
inline constexpr TokenError kIssuedAhead{"not_yet_valid", "the iat of the token lies more than a minute ahead"};
inline constexpr TokenError kBadIssuer{"wrong_issuer", "the iss of the token is no string"};
inline constexpr TokenError kWrongIssuer{"wrong_issuer", "the token is not from the issuer that is configured"};
inline constexpr TokenError kBadAudience{"wrong_audience",
                                         "the aud of the token is neither a string nor a list of strings"};
inline constexpr TokenError kWrongAudience{"wrong_audience", "the token is meant for another audience"};
inline constexpr TokenError kBadScopes{
    "bad_claims", "the scopes of the token are neither a list of strings nor a string with spaces between them"};
inline constexpr TokenError kBadTenant{
    "bad_tenant",
    "the tenant_id of the token is no tenant name: 1 to 256 characters, none of them a control character"};
inline constexpr TokenError kNoTenant{"bad_tenant",
                                      "the token has no tenant_id, which only one with the scope admin may lack"};
}  // namespace token_error

}  // namespace luminate::server::auth
