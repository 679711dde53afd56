#include "support/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace luminate::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

template <class Pointer>
Pointer checked(Pointer pointer) {
  if (!pointer) throw std::runtime_error("OpenSSL cannot make a certificate");
  return pointer;
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::shared_ptr<EVP_PKEY> make_key(EVP_PKEY* key) {
  return {checked(key), EVP_PKEY_free};
}

void extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free);
  X509_add_ext(certificate, checked(extension.get()), -1);
}

}  // namespace

Certificate::Certificate(const Shape& shape, const Certificate* issuer)
    : Certificate(shape, issuer, make_key(EVP_EC_gen("P-256"))) {}

Certificate Certificate::rsa(int bits) {
  return {Shape{}, nullptr, make_key(EVP_RSA_gen(static_cast<unsigned>(bits)))};
}

Certificate::Certificate(const Shape& shape, const Certificate* issuer, std::shared_ptr<evp_pkey_st> key)
    : key_(std::move(key)), certificate_(checked(X509_new()), X509_free) {
  X509* const made = certificate_.get();
  X509_set_version(made, X509_VERSION_3);
  std::uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), shape.begins.count());
  X509_gmtime_adj(X509_getm_notAfter(made), shape.ends.count());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(shape.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made, X509_get_subject_name(issuer != nullptr ? issuer->certificate_.get() : made));
  X509_set_pubkey(made, key_.get());
  extend(made, NID_basic_constraints, shape.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!shape.is_authority) {
    extend(made, NID_subject_alt_name, shape.name == "localhost" ? "DNS:localhost,IP:127.0.0.1" : "DNS:" + shape.name);
  }
  X509_sign(made, issuer != nullptr ? issuer->key_.get() : key_.get(), EVP_sha256());
}

std::string Certificate::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_X509(bio.get(), certificate_.get());
  return text_of(bio);
}

std::string Certificate::key_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free_all);
  PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}

std::string Certificate::encrypted_key_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free_all);
  std::string passphrase = "hush";
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), EVP_aes_256_cbc(), passphrase.data(),
                                static_cast<int>(passphrase.size()), nullptr, nullptr);
  return text_of(bio);
}

}  // namespace luminate::test
