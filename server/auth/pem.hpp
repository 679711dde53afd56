#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string_view>

#include "server/auth/algorithm.hpp"

// Only files of this folder include this: it shows OpenSSL.
namespace luminate::server::auth {

using PkeyPointer = std::shared_ptr<EVP_PKEY>;

/// The one public key in a PEM file, checked to be strong enough and of the kind that the algorithm takes.
/// @throws KeyError
PkeyPointer read_public_key(Algorithm algorithm, std::string_view pem);

/// The same for a private key, which must not be protected by a passphrase.
PkeyPointer read_private_key(Algorithm algorithm, std::string_view pem);

}  // namespace luminate::server::auth
