#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "server/auth/algorithm.hpp"

namespace luminate::server::auth {

/// A key that cannot be used. what() goes on from where the key comes from: "has 7 bytes; ...". Never holds the key.
class KeyError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr std::size_t kMinSecretBytes = 32;
inline constexpr std::size_t kMaxKeyBytes = 64 * 1024;

/// A key together with the one algorithm that it is for, so that no token can choose another (RFC 8725, 3.1).
/// Immutable, cheap to copy; any thread may use it.
class Key {
 public:
  /// For HS256, HS384, HS512. @throws KeyError for less than 32 bytes, and for a PEM file: a public key is no secret.
  static Key from_secret(Algorithm algorithm, std::string secret);
  /// For RS256 (2048 bits at least), ES256 and EdDSA (Ed25519). @throws KeyError
  static Key from_public_pem(Algorithm algorithm, std::string_view pem);
  /// The same, able to sign. @throws KeyError
  static Key from_private_pem(Algorithm algorithm, std::string_view pem);

  Algorithm algorithm() const noexcept { return algorithm_; }

  /// True when `signature`, in the form of RFC 7518 and 8037, was made by this key over `text`. What takes time does
  /// not depend on how much of a wrong signature is right.
  bool verify(std::string_view text, std::string_view signature) const;
  /// @throws KeyError for a key that can only verify.
  std::string sign(std::string_view text) const;

 private:
  struct Material;
  Key(Algorithm algorithm, std::shared_ptr<const Material> material)
      : algorithm_(algorithm), material_(std::move(material)) {}

  Algorithm algorithm_;
  std::shared_ptr<const Material> material_;
};

}  // namespace luminate::server::auth
