#include "server/auth/pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <string>

#include "server/auth/key.hpp"

namespace luminate::server::auth {
namespace {

constexpr int kMinRsaBits = 2048;
// Verification takes time that grows with the size; nobody needs more.
constexpr int kMaxRsaBits = 8192;
constexpr std::string_view kBegin = "-----BEGIN ";

/// What stands between the dashes of the first line: "PUBLIC KEY". Refuses files with more than one part: which of them
/// is meant would be a guess.
std::string_view label_of(std::string_view pem) {
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) {
    throw KeyError("holds no PEM: a key in PEM begins with -----BEGIN PUBLIC KEY-----");
  }
  if (pem.find(kBegin, begin + 1) != std::string_view::npos) {
    throw KeyError("holds more than one PEM part; keep the one key that is meant");
  }
  const std::string_view rest = pem.substr(begin + kBegin.size());
  return rest.substr(0, rest.find("-----"));
}

/// Instead of OpenSSL's own, which asks at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

std::string_view kind_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::rs256:
      return "an RSA key";
    case Algorithm::es256:
      return "an EC key on the curve P-256";
    default:
      return "an Ed25519 key";
  }
}

bool is_p256(EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
         std::string_view(name.data(), length) == "prime256v1";
}

bool fits(Algorithm algorithm, EVP_PKEY* key) {
  switch (algorithm) {
    case Algorithm::rs256:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    case Algorithm::es256:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && is_p256(key);
    case Algorithm::eddsa:
      return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    default:
      return false;
  }
}

/// Keys that only look like one: a point that is not on the curve, an RSA exponent of 1.
bool is_sound(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return true;
  const std::unique_ptr<EVP_PKEY_CTX, void (*)(EVP_PKEY_CTX*)> context(EVP_PKEY_CTX_new(key, nullptr),
                                                                       EVP_PKEY_CTX_free);
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

using Reader = EVP_PKEY* (*)(BIO*, EVP_PKEY**, pem_password_cb*, void*);

PkeyPointer read(Algorithm algorithm, std::string_view pem, Reader reader, std::string_view unreadable) {
  const std::unique_ptr<BIO, void (*)(BIO*)> input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                   BIO_free_all);
  PkeyPointer key(input ? reader(input.get(), nullptr, no_passphrase, nullptr) : nullptr, EVP_PKEY_free);
  const bool sound = key != nullptr && fits(algorithm, key.get()) && is_sound(key.get());
  // What OpenSSL noted on the way belongs to this key, not to the next call on this thread.
  ERR_clear_error();
  if (key == nullptr) throw KeyError(std::string(unreadable));
  if (!fits(algorithm, key.get())) {
    throw KeyError("holds no key for " + std::string(to_string(algorithm)) + ", which takes " +
                   std::string(kind_of(algorithm)));
  }
  const int bits = EVP_PKEY_get_bits(key.get());
  if (algorithm == Algorithm::rs256 && (bits < kMinRsaBits || bits > kMaxRsaBits)) {
    throw KeyError("holds an RSA key of " + std::to_string(bits) + " bits; it must have " +
                   std::to_string(kMinRsaBits) + " to " + std::to_string(kMaxRsaBits));
  }
  if (!sound) throw KeyError("holds a key that is no valid one of its kind");
  return key;
}

}  // namespace

PkeyPointer read_public_key(Algorithm algorithm, std::string_view pem) {
  const std::string_view label = label_of(pem);
  if (label.find("PRIVATE KEY") != std::string_view::npos) {
    throw KeyError(
        "holds a private key, which the server must not have: it verifies and never signs; openssl pkey -in FILE "
        "-pubout prints the public one");
  }
  if (label == "CERTIFICATE") {
    throw KeyError("holds a certificate; openssl x509 -in FILE -noout -pubkey prints its public key");
  }
  return read(algorithm, pem, PEM_read_bio_PUBKEY,
              "holds no public key that can be read; it must be PUBLIC KEY in PEM");
}

PkeyPointer read_private_key(Algorithm algorithm, std::string_view pem) {
  label_of(pem);
  return read(algorithm, pem, PEM_read_bio_PrivateKey,
              "holds no private key that can be read; it must be PRIVATE KEY in PEM, without a passphrase");
}

}  // namespace luminate::server::auth
