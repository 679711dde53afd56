#include "server/auth/scrape_token.hpp"

#include <openssl/crypto.h>

namespace luminate::server::auth {

ScrapeToken::Digest ScrapeToken::digest(std::string_view token) {
  if (token.empty()) return std::nullopt;
  return digest_of(token);
}

void ScrapeToken::replace(const Digest& digest) noexcept {
  const std::lock_guard lock(mutex_);
  digest_ = digest;
}

bool ScrapeToken::is_set() const {
  return current().has_value();
}

bool ScrapeToken::matches(std::string_view token) const {
  const Digest expected = current();
  // Digests have one length, so that not even that of the secret shows.
  const TokenDigest given = digest_of(token);
  return expected && CRYPTO_memcmp(expected->data(), given.data(), given.size()) == 0;
}

ScrapeToken::Digest ScrapeToken::current() const {
  const std::lock_guard lock(mutex_);
  return digest_;
}

}  // namespace luminate::server::auth
