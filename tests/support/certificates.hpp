#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace luminate::test {

/// A certificate and its key, made on the spot.
class Certificate {
 public:
  struct Shape {
    std::string name = "localhost";  ///< Of the subject; "localhost" and 127.0.0.1 are also what it is good for.
    bool is_authority = false;
    std::chrono::seconds begins{-3600};  ///< From now.
    std::chrono::seconds ends{3600};
  };

  /// @param issuer signs it; null: it signs itself.
  explicit Certificate(const Shape& shape, const Certificate* issuer = nullptr);

  std::string pem() const;
  std::string key_pem() const;
  /// The key, locked by a passphrase.
  std::string encrypted_key_pem() const;
  /// An RSA key of so many bits, with a certificate that it signed itself.
  static Certificate rsa(int bits);

 private:
  Certificate(const Shape& shape, const Certificate* issuer, std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
};

}  // namespace luminate::test
