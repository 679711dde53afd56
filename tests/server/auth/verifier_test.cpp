#include "server/auth/verifier.hpp"

#include <gtest/gtest.h>

#include "tests/server/auth/tokens.hpp"

namespace luminate::server::auth {
namespace {

using namespace test_keys;

KeyRing ring() {
  KeyRing keys;
  keys.set_default(secret_key());
  return keys;
}

const Verifier& plain() {
  static const Verifier verifier(ring(), {});
  return verifier;
}

std::string_view message(const std::string& token, const Verifier& verifier = plain(), std::int64_t now_s = kNow) {
  const Verification verification = verifier.verify(token, now_s);
  EXPECT_EQ(verification.principal == nullptr, !verification.error.message.empty());
  return verification.principal ? "good" : verification.error.message;
}

std::string_view claims_message(const std::string& claims, const Verifier& verifier = plain()) {
  return message(token_with(claims), verifier);
}

std::string_view header_message(const std::string& header) {
  return message(token_with(claims_text(), header));
}

TEST(Verifier, TellsWhomATokenIsFrom) {
  const auto principal = plain().verify(token_with(claims_text()), kNow).principal;
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_TRUE(principal->scopes.has(Scope::read));
  EXPECT_TRUE(principal->scopes.has(Scope::write));
  EXPECT_FALSE(principal->scopes.has(Scope::admin));
}

TEST(Verifier, RefusesWhatIsNoToken) {
  const std::string good = token_with(claims_text());
  const std::string header = good.substr(0, good.find('.'));
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), std::string("a.b"), header,
        good.substr(0, good.rfind('.')), good.substr(0, good.rfind('.') + 1), good.substr(good.find('.')), good + '.',
        good + ".x", good + '=', good + '\n', ' ' + good, good + " ", "Bearer " + good, good + ", " + good,
        std::string(5000, '.'), std::string(kMaxTokenBytes, 'a')}) {
    EXPECT_EQ(message(token), token_error::kMalformed.message) << token.substr(0, 300);
  }
}

TEST(Verifier, LimitsTheLength) {
  const auto padded = [](std::size_t bytes) {
    const std::string base = token_with(claims_text(R"("x":"")"));
    const std::size_t more = (bytes - base.size()) / 4 * 3;
    std::string token = token_with(claims_text(R"("x":")" + std::string(more, 'x') + '"'));
    for (std::size_t i = 1; token.size() < bytes; ++i)
      token = token_with(claims_text(R"("x":")" + std::string(more + i, 'x') + '"'));
    return token;
  };
  const std::string longest = padded(kMaxTokenBytes);
  ASSERT_EQ(longest.size(), kMaxTokenBytes);
  EXPECT_EQ(message(longest), "good");
  EXPECT_EQ(message(padded(kMaxTokenBytes + 1)), token_error::kTooLarge.message);
}

TEST(Verifier, LimitsTheHeader) {
  const auto header = [](std::size_t bytes) {
    const std::string start = R"({"alg":"HS256","x":")";
    return start + std::string(bytes - start.size() - 2, 'x') + "\"}";
  };
  EXPECT_EQ(header_message(header(kMaxTokenHeaderBytes)), "good");
  EXPECT_EQ(header_message(header(kMaxTokenHeaderBytes + 1)), token_error::kBadHeader.message);
}

TEST(Verifier, TakesOnlyTheAlgorithmOfTheKey) {
  for (const char* algorithm : {"none", "None", "nOnE", "", "HS384", "HS512", "hs256", "HS256 ", "RS256", "ES256",
                                "EdDSA", "PS256", "ES256K", "dir"}) {
    EXPECT_EQ(header_message(R"({"alg":")" + std::string(algorithm) + "\"}"), token_error::kWrongAlgorithm.message)
        << algorithm;
  }
  for (const char* header : {"{}", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":1})", R"({"ALG":"HS256"})"}) {
    EXPECT_EQ(header_message(header), token_error::kNoAlgorithm.message) << header;
  }
  // Without any signature, as libraries once took it.
  const std::string none = encode_base64url(R"({"alg":"none"})") + '.' + encode_base64url(claims_text());
  EXPECT_EQ(message(none + '.'), token_error::kMalformed.message);
  EXPECT_EQ(message(none + ".AA"), token_error::kWrongAlgorithm.message);
}

/// RFC 8725, 2.1: everybody knows the public key, and may try it as a secret.
TEST(Verifier, TakesNoPublicKeyForASecret) {
  KeyRing keys;
  keys.set_default(Key::from_public_pem(Algorithm::rs256, kRsaPublic));
  const Verifier verifier(std::move(keys), {});
  const Key right = Key::from_private_pem(Algorithm::rs256, kRsaPrivate);
  EXPECT_EQ(message(token_of(right, R"({"alg":"RS256"})", claims_text()), verifier), "good");

  // Key::from_secret() refuses a PEM, so that only its inside can be tried through it.
  const std::string der = std::string(kRsaPublic).substr(27, 360);
  const Key forger = Key::from_secret(Algorithm::hs256, der);
  EXPECT_EQ(message(token_of(forger, R"({"alg":"HS256"})", claims_text()), verifier),
            token_error::kWrongAlgorithm.message);
  EXPECT_EQ(message(token_of(forger, R"({"alg":"RS256"})", claims_text()), verifier),
            token_error::kBadSignature.message);
  EXPECT_EQ(message(token_of(right, R"({"alg":"HS256"})", claims_text())), token_error::kBadSignature.message);
}

TEST(Verifier, RefusesHeadersThatBringTheirOwnKeyOrMeaning) {
  for (const char* name : {"crit", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"}) {
    for (const char* value : {R"("x")", "null", "[]", R"(["exp"])"}) {
      EXPECT_EQ(header_message(R"({"alg":"HS256",")" + std::string(name) + "\":" + value + '}'),
                token_error::kForbiddenHeader.message)
          << name;
    }
  }
  EXPECT_EQ(header_message(R"({"alg":"HS256","x5t":"thumbprint","other":{"a":[1]}})"), "good");
}

TEST(Verifier, TakesOnlyTypesOfAccessTokens) {
  for (const char* type : {"JWT", "jwt", "at+jwt", "AT+JWT"}) {
    EXPECT_EQ(header_message(R"({"alg":"HS256","typ":")" + std::string(type) + "\"}"), "good");
  }
  for (const char* type : {R"("dpop+jwt")", R"("logout+jwt")", R"("JWE")", R"("")", "1", "null"}) {
    EXPECT_EQ(header_message(R"({"alg":"HS256","typ":)" + std::string(type) + "}"), token_error::kWrongType.message);
  }
}

TEST(Verifier, ReadsJsonStrictly) {
  const std::string deep = std::string(kMaxTokenDepth - 1, '[') + std::string(kMaxTokenDepth - 1, ']');
  EXPECT_EQ(claims_message(claims_text("\"x\":" + deep)), "good");
  EXPECT_EQ(header_message(R"({"alg":"HS256","alg":"HS256"})"), token_error::kBadHeader.message);
  EXPECT_EQ(header_message(R"({"alg":"none","alg":"HS256"})"), token_error::kBadHeader.message);
  for (const std::string& header : {std::string("[]"), std::string("\"HS256\""), std::string("{"), std::string("{}{}"),
                                    std::string("\xEF\xBB\xBF{\"alg\":\"HS256\"}"), std::string(900, '[')}) {
    EXPECT_EQ(header_message(header), token_error::kBadHeader.message) << header;
  }
  for (const std::string& claims :
       {claims_text("\"x\":[" + deep + ']'), claims_text(R"("tenant_id":"other")"), claims_text(R"("exp":9999999999)"),
        claims_text(R"("x":{"a":1,"a":2})"), claims_text() + "x", "[" + claims_text() + "]", std::string("null"),
        std::string("\xEF\xBB\xBF") + claims_text(), claims_text("\"x\":\"\xFF\""), claims_text("\"x\":1e999"),
        claims_text("\"x\":" + std::string(5000, '[')), std::string(1, '\0')}) {
    EXPECT_EQ(claims_message(claims), token_error::kBadClaims.message) << claims.substr(0, 200);
  }
}

TEST(Verifier, WantsAnExpiry) {
  for (const char* exp : {"", R"("exp":null)", R"("exp":"1700000100")", R"("exp":true)", R"("exp":[1700000100])",
                          R"("exp":1e300)", R"("exp":-1e300)", R"("exp":{})"}) {
    EXPECT_EQ(claims_message(R"({"tenant_id":"a","scopes":"read")" + std::string(*exp ? "," : "") + exp + '}'),
              token_error::kNoExpiry.message)
        << exp;
  }
  EXPECT_EQ(claims_message(R"({"tenant_id":"a","exp":1700000000.5})"), token_error::kExpired.message);
  EXPECT_EQ(claims_message(R"({"tenant_id":"a","exp":1700000001.5})"), "good");
  EXPECT_EQ(claims_message(R"({"tenant_id":"a","exp":18446744073709551615})"), token_error::kNoExpiry.message);
  EXPECT_EQ(claims_message(R"({"tenant_id":"a","exp":-5})"), token_error::kExpired.message);
}

TEST(Verifier, KeepsToTheTimesOfATokenWithTheLeeway) {
  for (const int leeway : {0, 1, 60}) {
    const Verifier verifier(ring(), {"", "", std::chrono::seconds(leeway)});
    const auto at = [&](std::int64_t now_s) {
      return message(token_with(claims_text(R"("nbf":)" + std::to_string(kNow), kNow + 100)), verifier, now_s);
    };
    EXPECT_EQ(at(kNow - leeway - 1), token_error::kNotYetValid.message);
    EXPECT_EQ(at(kNow - leeway), "good");
    EXPECT_EQ(at(kNow + 99 + leeway), "good");
    EXPECT_EQ(at(kNow + 100 + leeway), token_error::kExpired.message);
  }
  // Nobody gets more than a minute.
  const Verifier generous(ring(), {"", "", std::chrono::hours(1)});
  EXPECT_EQ(message(token_with(claims_text()), generous, kNow + 160), token_error::kExpired.message);
}

TEST(Verifier, RefusesTimesThatAreNone) {
  for (const char* times : {R"("nbf":"0")", R"("nbf":null)", R"("nbf":1e17)", R"("iat":"0")", R"("iat":{})"}) {
    EXPECT_EQ(claims_message(claims_text(times)), token_error::kBadTime.message) << times;
  }
  EXPECT_EQ(claims_message(claims_text(R"("iat":)" + std::to_string(kNow + 60))), "good");
  EXPECT_EQ(claims_message(claims_text(R"("iat":)" + std::to_string(kNow + 61))), token_error::kIssuedAhead.message);
}

TEST(Verifier, WantsTheIssuerAndTheAudienceThatAreConfigured) {
  const Verifier verifier(ring(), {"https://id.example", "luminate", {}});
  const auto check = [&](const std::string& more) { return claims_message(claims_text(more), verifier); };
  const std::string issuer = R"("iss":"https://id.example",)";
  EXPECT_EQ(check(issuer + R"("aud":"luminate")"), "good");
  EXPECT_EQ(check(issuer + R"("aud":["x","luminate"])"), "good");
  EXPECT_EQ(check(R"("aud":"luminate")"), token_error::kWrongIssuer.message);
  EXPECT_EQ(check(R"("iss":"https://id.example/","aud":"luminate")"), token_error::kWrongIssuer.message);
  EXPECT_EQ(check(R"("iss":["https://id.example"],"aud":"luminate")"), token_error::kBadIssuer.message);
  for (const char* audience :
       {"", R"(,"aud":[])", R"(,"aud":"Luminate")", R"(,"aud":["x"])", R"(,"aud":"luminate,x")"}) {
    EXPECT_EQ(check(R"("iss":"https://id.example")" + std::string(audience)), token_error::kWrongAudience.message)
        << audience;
  }
  for (const char* audience : {"null", "1", R"({"luminate":1})", R"([1,"luminate"])"}) {
    EXPECT_EQ(check(issuer + R"("aud":)" + audience), token_error::kBadAudience.message) << audience;
  }
  EXPECT_EQ(claims_message(claims_text(R"("iss":"anybody","aud":"anything")")), "good");
}

TEST(Verifier, ReadsScopesAsAListOrAsText) {
  const auto scopes = [](const std::string& text) {
    const auto verified = plain().verify(token_with(claims_text("", kNow + 100, text)), kNow);
    std::string names;
    if (!verified.principal) return std::string(verified.error.message);
    for (const Scope scope : {Scope::read, Scope::write, Scope::admin}) {
      if (verified.principal->scopes.has(scope)) names += std::string(to_string(scope)) + ' ';
    }
    return names;
  };
  EXPECT_EQ(scopes(R"(["read"])"), "read ");
  EXPECT_EQ(scopes(R"("read write admin")"), "read write admin ");
  EXPECT_EQ(scopes(R"("  read   openid  ")"), "read ");
  EXPECT_EQ(scopes(R"(["READ","read write","read,write","profile","admin"])"), "admin ");
  EXPECT_EQ(scopes("[]"), "");
  EXPECT_EQ(scopes(R"("read,write")"), "");
  for (const char* text : {"null", "1", "{}", R"([["read"]])", R"(["read",1])", "true"}) {
    EXPECT_EQ(scopes(text), token_error::kBadScopes.message) << text;
  }
}

TEST(Verifier, WantsATenantUnlessTheTokenIsForAdmin) {
  const auto tenant = [](const std::string& text, const std::string& scopes = R"(["read"])") {
    return claims_message(claims_text("", kNow + 100, scopes, text));
  };
  EXPECT_EQ(tenant(""), token_error::kNoTenant.message);
  EXPECT_EQ(tenant("", R"(["admin"])"), "good");
  EXPECT_EQ(tenant('"' + std::string(256, 't') + '"'), "good");
  for (const std::string& text :
       {std::string("null"), std::string(R"("")"), std::string("1"), std::string(R"(["a"])"),
        std::string(R"("a\u0000b")"), std::string(R"("a\nb")"), '"' + std::string(257, 't') + '"'}) {
    for (const char* scopes : {R"(["read"])", R"(["admin"])"}) {
      EXPECT_EQ(tenant(text, scopes), token_error::kBadTenant.message) << text;
    }
  }
}

TEST(Verifier, BelievesNothingBeforeTheSignatureIsChecked) {
  const std::string good = token_with(claims_text());
  const std::size_t first = good.find('.');
  const std::size_t last = good.rfind('.');
  // Claims that would be refused for what they say.
  EXPECT_EQ(message(good.substr(0, first + 1) + encode_base64url("{") + good.substr(last)),
            token_error::kBadSignature.message);
  EXPECT_EQ(message(good.substr(0, last + 1) + encode_base64url("short")), token_error::kBadSignature.message);
  // The claims of one token with the signature of another.
  const std::string other = token_with(claims_text("", kNow + 100, R"(["admin"])", R"("victim")"));
  EXPECT_EQ(message(other.substr(0, other.rfind('.')) + good.substr(last)), token_error::kBadSignature.message);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string wrong = good;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(message(wrong), "good") << i;
  }
}

TEST(Verifier, FindsKeysByTheirExactNames) {
  KeyRing keys;
  keys.add("one", secret_key());
  keys.add("two", Key::from_public_pem(Algorithm::eddsa, kEdPublic));
  const Verifier verifier(keys, {});
  const auto check = [&](const std::string& id, const Verifier& by) {
    return message(token_with(claims_text(), R"({"alg":"HS256","kid":)" + id + '}'), by);
  };
  EXPECT_EQ(check(R"("one")", verifier), "good");
  EXPECT_EQ(check(R"("two")", verifier), token_error::kWrongAlgorithm.message);
  for (const char* id : {R"("One")", R"("one ")", R"("on")", R"("../one")", R"("one\u0000")", R"("' OR 1=1 --")"}) {
    EXPECT_EQ(check(id, verifier), token_error::kUnknownKey.message) << id;
  }
  for (const std::string& id : {std::string("null"), std::string("1"), std::string(R"("")"), std::string(R"(["one"])"),
                                '"' + std::string(257, 'k') + '"'}) {
    EXPECT_EQ(check(id, verifier), token_error::kBadKeyId.message) << id;
  }
  EXPECT_EQ(message(token_with(claims_text()), verifier), token_error::kNoKeyId.message);
  const Key ed = Key::from_private_pem(Algorithm::eddsa, kEdPrivate);
  EXPECT_EQ(message(token_of(ed, R"({"alg":"EdDSA","kid":"two"})", claims_text()), verifier), "good");

  // With a default key beside them: for tokens that name none, and for no others.
  keys.set_default(secret_key(Algorithm::hs512));
  const Verifier both(keys, {});
  EXPECT_EQ(message(token_of(secret_key(Algorithm::hs512), R"({"alg":"HS512"})", claims_text()), both), "good");
  EXPECT_EQ(message(token_of(secret_key(Algorithm::hs512), R"({"alg":"HS512","kid":"x"})", claims_text()), both),
            token_error::kUnknownKey.message);
  // Alone it serves whatever is named.
  EXPECT_EQ(check(R"("anything")", plain()), "good");
}

TEST(Verifier, IsLimitedInKeys) {
  KeyRing keys;
  for (std::size_t i = 0; i < kMaxKeys; ++i) keys.add(std::to_string(i), secret_key());
  EXPECT_THROW(keys.add("one more", secret_key()), KeyError);
  EXPECT_THROW(KeyRing().add("", secret_key()), KeyError);
  EXPECT_THROW(KeyRing().add(std::string(kMaxKeyIdBytes + 1, 'k'), secret_key()), KeyError);
  KeyRing two;
  two.add("a", secret_key());
  EXPECT_THROW(two.add("a", secret_key()), KeyError);
}

TEST(Verifier, RemembersATokenNoLongerThanItIsGood) {
  const Verifier verifier(ring(), {"", "", std::chrono::seconds(10)});
  const std::string token = token_with(claims_text(R"("nbf":)" + std::to_string(kNow), kNow + 100));
  for (const std::int64_t now : {kNow, kNow + 1, kNow + 99}) EXPECT_EQ(message(token, verifier, now), "good");
  const auto once = verifier.verify(token, kNow).principal;
  EXPECT_EQ(once, verifier.verify(token, kNow).principal) << "it was verified once more";
  EXPECT_EQ(message(token, verifier, kNow - 11), token_error::kNotYetValid.message);
  EXPECT_EQ(message(token, verifier, kNow + 109), "good");
  EXPECT_EQ(message(token, verifier, kNow + 110), token_error::kExpired.message);
  EXPECT_EQ(message(token, verifier, kNow + 99), "good");
}

TEST(Verifier, SaysNothingOfATokenItRefuses) {
  // Messages are literals, and go into a header's quoted string.
  for (const TokenError& error :
       {token_error::kTooLarge,       token_error::kMalformed,    token_error::kBadHeader,
        token_error::kNoAlgorithm,    token_error::kBadKeyId,     token_error::kForbiddenHeader,
        token_error::kWrongType,      token_error::kUnknownKey,   token_error::kNoKeyId,
        token_error::kWrongAlgorithm, token_error::kBadSignature, token_error::kBadClaims,
        token_error::kNoExpiry,       token_error::kBadTime,      token_error::kExpired,
        token_error::kNotYetValid,    token_error::kIssuedAhead,  token_error::kBadIssuer,
        token_error::kWrongIssuer,    token_error::kBadAudience,  token_error::kWrongAudience,
        token_error::kBadScopes,      token_error::kBadTenant,    token_error::kNoTenant}) {
    EXPECT_EQ(error.message.find_first_of("\"\\\r\n"), std::string_view::npos) << error.message;
    EXPECT_FALSE(error.reason.empty());
  }
}

TEST(SignToken, MakesWhatIsVerified) {
  Claims claims;
  claims.tenant = "M\xC3\xBCller \"& S\xC3\xB6hne\"";
  claims.scopes.add(Scope::admin);
  claims.issuer = "i";
  claims.audience = {"a", "b"};
  claims.issued_at_s = kNow;
  claims.not_before_s = kNow;
  claims.expires_s = kNow + 1;
  KeyRing keys;
  keys.add("k\"", secret_key(Algorithm::hs384));
  const Verifier verifier(std::move(keys), {"i", "b", {}});
  const auto verified = verifier.verify(sign_token(secret_key(Algorithm::hs384), "k\"", claims), kNow);
  ASSERT_TRUE(verified.principal) << verified.error.message;
  EXPECT_EQ(verified.principal->tenant, claims.tenant);
  EXPECT_EQ(verified.principal->scopes, claims.scopes);
}

}  // namespace
}  // namespace luminate::server::auth
