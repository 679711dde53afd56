#include "server/auth/key.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>
#include <optional>

#include "server/auth/pem.hpp"

namespace luminate::server::auth {
namespace {

// r and s of an ECDSA signature on P-256, each.
constexpr std::size_t kCoordinateBytes = 32;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs384:
      return EVP_sha384();
    case Algorithm::hs512:
      return EVP_sha512();
    case Algorithm::eddsa:
      return nullptr;  // Ed25519 hashes by itself.
    default:
      return EVP_sha256();
  }
}

std::string hmac(Algorithm algorithm, std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned length = 0;
  if (HMAC(digest_of(algorithm), secret.data(), static_cast<int>(secret.size()), bytes(text), text.size(), out.data(),
           &length) == nullptr) {
    throw std::bad_alloc();
  }
  return {reinterpret_cast<const char*>(out.data()), length};
}

using Context = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;

Context new_context() {
  Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context) throw std::bad_alloc();
  return context;
}

using EcdsaSignature = std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)>;

/// OpenSSL wants ASN.1 where RFC 7518 has r and s side by side. Nothing for another length than theirs.
std::optional<std::string> to_asn1(std::string_view signature) {
  if (signature.size() != 2 * kCoordinateBytes) return std::nullopt;
  const EcdsaSignature pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* const r = BN_bin2bn(bytes(signature), kCoordinateBytes, nullptr);
  BIGNUM* const s = BN_bin2bn(bytes(signature) + kCoordinateBytes, kCoordinateBytes, nullptr);
  if (!pair || r == nullptr || s == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    throw std::bad_alloc();
  }
  unsigned char* out = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &out);
  if (length <= 0) throw std::bad_alloc();
  std::string asn1(reinterpret_cast<const char*>(out), static_cast<std::size_t>(length));
  OPENSSL_free(out);
  return asn1;
}

std::string from_asn1(const std::string& asn1) {
  const unsigned char* in = bytes(asn1);
  const EcdsaSignature pair(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(asn1.size())), ECDSA_SIG_free);
  std::string signature(2 * kCoordinateBytes, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (!pair || BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, kCoordinateBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + kCoordinateBytes, kCoordinateBytes) < 0) {
    throw KeyError("made no signature that can be written down");
  }
  return signature;
}

}  // namespace

struct Key::Material {
  Material() = default;
  Material(const Material&) = delete;
  Material& operator=(const Material&) = delete;
  ~Material() { OPENSSL_cleanse(secret.data(), secret.size()); }

  std::string secret;
  PkeyPointer pkey;
  bool can_sign = false;
};

Key Key::from_secret(Algorithm algorithm, std::string secret) {
  if (!is_symmetric(algorithm)) {
    throw KeyError("is a secret, and " + std::string(to_string(algorithm)) + " takes a public key");
  }
  // The public key of somebody who signs with RS256, taken for a secret, would let everybody sign (RFC 8725, 2.1).
  if (secret.find("-----BEGIN ") != std::string::npos) {
    throw KeyError("holds a PEM file, and " + std::string(to_string(algorithm)) +
                   " takes a secret of random bytes; openssl rand -base64 48 makes one");
  }
  if (secret.size() < kMinSecretBytes) {
    throw KeyError("has " + std::to_string(secret.size()) + " bytes, and must have at least " +
                   std::to_string(kMinSecretBytes) + "; openssl rand -base64 48 makes a good one");
  }
  const auto material = std::make_shared<Material>();
  material->secret = std::move(secret);
  material->can_sign = true;
  return {algorithm, material};
}

Key Key::from_public_pem(Algorithm algorithm, std::string_view pem) {
  const auto material = std::make_shared<Material>();
  material->pkey = read_public_key(algorithm, pem);
  return {algorithm, material};
}

Key Key::from_private_pem(Algorithm algorithm, std::string_view pem) {
  const auto material = std::make_shared<Material>();
  material->pkey = read_private_key(algorithm, pem);
  material->can_sign = true;
  return {algorithm, material};
}

bool Key::verify(std::string_view text, std::string_view signature) const {
  if (is_symmetric(algorithm_)) {
    const std::string expected = hmac(algorithm_, material_->secret, text);
    return expected.size() == signature.size() &&
           CRYPTO_memcmp(expected.data(), signature.data(), signature.size()) == 0;
  }
  std::string asn1;
  if (algorithm_ == Algorithm::es256) {
    auto converted = to_asn1(signature);
    if (!converted) return false;
    asn1 = std::move(*converted);
    signature = asn1;
  }
  const Context context = new_context();
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm_), nullptr, material_->pkey.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

std::string Key::sign(std::string_view text) const {
  if (!material_->can_sign) throw KeyError("is a public key, which cannot sign");
  if (is_symmetric(algorithm_)) return hmac(algorithm_, material_->secret, text);
  const Context context = new_context();
  std::size_t length = 0;
  std::string signature;
  const bool sized =
      EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm_), nullptr, material_->pkey.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &length, bytes(text), text.size()) == 1;
  signature.resize(length);
  if (!sized || EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes(text),
                               text.size()) != 1) {
    ERR_clear_error();
    throw KeyError("cannot sign");
  }
  signature.resize(length);
  return algorithm_ == Algorithm::es256 ? from_asn1(signature) : signature;
}

}  // namespace luminate::server::auth
