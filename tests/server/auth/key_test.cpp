#include "server/auth/key.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/server/auth/tokens.hpp"

namespace luminate::server::auth {
namespace {

using namespace test_keys;

/// The two halves of a token: what is signed, and the signature.
bool verifies(const Key& key, const std::string& token) {
  const std::size_t dot = token.rfind('.');
  return key.verify(token.substr(0, dot), decode_base64url(token.substr(dot + 1)).value());
}

const std::string kRfcClaims =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

TEST(Key, VerifiesTheExamplesOfTheRfcs) {
  // RFC 7515, A.1, A.2 and A.3.
  const Key hs256 = Key::from_secret(
      Algorithm::hs256,
      decode_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
          .value());
  EXPECT_TRUE(verifies(
      hs256, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + kRfcClaims + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
  EXPECT_TRUE(verifies(
      Key::from_public_pem(Algorithm::rs256, kRsaPublic),
      "eyJhbGciOiJSUzI1NiJ9" + kRfcClaims +
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
          "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
          "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
          "cN_IoypGlUPQGe77Rw"));
  EXPECT_TRUE(verifies(Key::from_public_pem(Algorithm::es256, kEcPublic),
                       "eyJhbGciOiJFUzI1NiJ9" + kRfcClaims +
                           "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"));
  // RFC 8037, A.4.
  const std::string eddsa =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
      "09PGcvMg3AIbQR6dWbhijcNR4ki4"
      "iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  EXPECT_TRUE(verifies(Key::from_public_pem(Algorithm::eddsa, kEdPublic), eddsa));
  EXPECT_EQ(
      encode_base64url(Key::from_private_pem(Algorithm::eddsa, kEdPrivate).sign(eddsa.substr(0, eddsa.rfind('.')))),
      eddsa.substr(eddsa.rfind('.') + 1));
}

TEST(Key, ComputesTheHmacsOfTheRfc) {
  // RFC 4231, test case 6.
  const std::string secret(131, '\xAA');
  const std::string text = "Test Using Larger Than Block-Size Key - Hash Key First";
  const auto hex = [](const std::string& bytes) {
    std::string out;
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    return out;
  };
  EXPECT_EQ(hex(secret_key(Algorithm::hs384, secret).sign(text)),
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952");
  EXPECT_EQ(
      hex(secret_key(Algorithm::hs512, secret).sign(text)),
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec"
      "8b915a985d786598");
}

struct Pair {
  Algorithm algorithm;
  Key signing;
  Key verifying;
};

std::vector<Pair> pairs() {
  std::vector<Pair> pairs;
  for (const Algorithm algorithm : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
    pairs.push_back({algorithm, secret_key(algorithm), secret_key(algorithm)});
  }
  for (const auto& [algorithm, secret, open] : {std::tuple{Algorithm::rs256, kRsaPrivate, kRsaPublic},
                                                {Algorithm::es256, kEcPrivate, kEcPublic},
                                                {Algorithm::eddsa, kEdPrivate, kEdPublic}}) {
    pairs.push_back({algorithm, Key::from_private_pem(algorithm, secret), Key::from_public_pem(algorithm, open)});
  }
  return pairs;
}

TEST(Key, VerifiesWhatTheOtherHalfSigned) {
  for (const Pair& pair : pairs()) {
    // Often, as the numbers of an ECDSA signature have leading zeros now and then.
    for (int i = 0; i < (pair.algorithm == Algorithm::es256 ? 300 : 3); ++i) {
      const std::string text = "text " + std::to_string(i);
      ASSERT_TRUE(pair.verifying.verify(text, pair.signing.sign(text))) << to_string(pair.algorithm);
    }
  }
}

TEST(Key, RefusesEveryOtherSignature) {
  for (const Pair& pair : pairs()) {
    const std::string signature = pair.signing.sign("text");
    EXPECT_FALSE(pair.verifying.verify("texT", signature));
    EXPECT_FALSE(pair.verifying.verify("text", ""));
    EXPECT_FALSE(pair.verifying.verify("text", signature.substr(1)));
    EXPECT_FALSE(pair.verifying.verify("text", signature + '\0'));
    EXPECT_FALSE(pair.verifying.verify("text", std::string(signature.size(), '\0')));
    EXPECT_FALSE(pair.verifying.verify("text", std::string(signature.size(), '\xFF')));
    for (std::size_t i = 0; i < signature.size(); ++i) {
      std::string wrong = signature;
      wrong[i] = static_cast<char>(wrong[i] ^ 1);
      EXPECT_FALSE(pair.verifying.verify("text", wrong)) << to_string(pair.algorithm) << " byte " << i;
    }
    for (const Pair& other : pairs()) {
      if (other.algorithm == pair.algorithm) continue;
      EXPECT_FALSE(other.verifying.verify("text", signature));
    }
  }
}

template <class Make>
std::string objection(Make make) {
  try {
    make();
  } catch (const KeyError& error) {
    return error.what();
  }
  return "";
}

TEST(Key, WantsASecretOf32Bytes) {
  EXPECT_EQ(objection([] { Key::from_secret(Algorithm::hs256, std::string(32, 's')); }), "");
  for (const Algorithm algorithm : {Algorithm::hs256, Algorithm::hs384, Algorithm::hs512}) {
    const std::string message = objection([&] { Key::from_secret(algorithm, std::string(31, 's')); });
    EXPECT_NE(message.find("has 31 bytes, and must have at least 32"), std::string::npos);
    EXPECT_EQ(message.find("sss"), std::string::npos);
  }
}

TEST(Key, TakesNoPublicKeyForASecret) {
  EXPECT_NE(objection([] { Key::from_secret(Algorithm::hs256, kRsaPublic); }).find("holds a PEM file"),
            std::string::npos);
  for (const Algorithm algorithm : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
    EXPECT_NE(objection([&] { Key::from_secret(algorithm, std::string(64, 's')); }).find("takes a public key"),
              std::string::npos);
  }
}

TEST(Key, TakesOnlySoundKeysOfItsKind) {
  const auto refused = [](Algorithm algorithm, const std::string& pem) {
    return objection([&] { Key::from_public_pem(algorithm, pem); });
  };
  for (const Algorithm algorithm : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
    for (const char* pem : {kRsaPublic, kEcPublic, kEdPublic, kEcP384Public, kEd448Public, kX25519Public}) {
      const bool fits = (algorithm == Algorithm::rs256 && pem == kRsaPublic) ||
                        (algorithm == Algorithm::es256 && pem == kEcPublic) ||
                        (algorithm == Algorithm::eddsa && pem == kEdPublic);
      EXPECT_EQ(refused(algorithm, pem).empty(), fits) << to_string(algorithm) << '\n' << pem;
    }
    for (const char* pem : {kRsaPrivate, kEcPrivate, kEdPrivate}) {
      EXPECT_NE(refused(algorithm, pem).find("must not have"), std::string::npos);
    }
    EXPECT_NE(refused(algorithm, "").find("holds no PEM"), std::string::npos);
    EXPECT_NE(refused(algorithm, "-----BEGIN PUBLIC KEY-----\nxxxx\n-----END PUBLIC KEY-----\n").find("can be read"),
              std::string::npos);
    EXPECT_NE(refused(algorithm, "-----BEGIN CERTIFICATE-----\n").find("openssl x509"), std::string::npos);
    EXPECT_NE(refused(algorithm, std::string(kRsaPublic) + kRsaPublic).find("more than one"), std::string::npos);
  }
  EXPECT_NE(refused(Algorithm::rs256, kRsa1024Public).find("1024 bits; it must have 2048 to 8192"), std::string::npos);
  EXPECT_NE(refused(Algorithm::rs256, kRsaExponent1Public).find("no valid one"), std::string::npos);
  EXPECT_NE(refused(Algorithm::hs256, kRsaPublic), "");
}

TEST(Key, NeverSignsWithAPublicKey) {
  EXPECT_THROW((void)Key::from_public_pem(Algorithm::es256, kEcPublic).sign("text"), KeyError);
}

}  // namespace
}  // namespace luminate::server::auth
