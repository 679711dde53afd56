#include "server/auth/token_cache.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <memory>
#include <new>

namespace luminate::server::auth {

TokenDigest digest_of(std::string_view token) {
  // EVP_sha256() would be looked up by its name for every token, which takes a third as long as the digest.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                      &EVP_MD_free);
  TokenDigest digest;
  if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, sha256.get(), nullptr) != 1) {
    throw std::bad_alloc();
  }
  return digest;
}

std::shared_ptr<const Principal> TokenCache::find(const TokenDigest& digest, std::int64_t now_s) {
  const std::lock_guard lock(mutex_);
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end()) return nullptr;
  const auto entry = found->second;
  if (now_s < entry->validity.from_s) return nullptr;
  if (now_s >= entry->validity.until_s) {
    entries_.erase(entry);
    by_digest_.erase(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->principal;
}

void TokenCache::put(const TokenDigest& digest, std::shared_ptr<const Principal> principal, Validity validity) {
  const std::lock_guard lock(mutex_);
  if (by_digest_.contains(digest)) return;  // Two requests with one token at once.
  if (entries_.size() == capacity_) {
    by_digest_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  entries_.push_front({digest, std::move(principal), validity});
  try {
    by_digest_.emplace(digest, entries_.begin());
  } catch (...) {
    entries_.pop_front();
    throw;
  }
}

std::size_t TokenCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t TokenCache::Hash::operator()(const TokenDigest& digest) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

}  // namespace luminate::server::auth
