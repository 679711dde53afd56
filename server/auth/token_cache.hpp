#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/auth/scopes.hpp"

namespace luminate::server::auth {

/// Whom a token was issued to, and for what.
struct Principal {
  std::string tenant;  ///< Empty: bound to none.
  Scopes scopes;
};

/// SHA-256 of a token, so that memory holds none.
using TokenDigest = std::array<unsigned char, 32>;
TokenDigest digest_of(std::string_view token);

/// Remembers the tokens that were verified last, and forgets the one that was not used for longest when there are too
/// many. Any thread may use it.
class TokenCache {
 public:
  explicit TokenCache(std::size_t capacity) : capacity_(capacity) {}

  /// Seconds, [from, until).
  struct Validity {
    std::int64_t from_s;
    std::int64_t until_s;
  };

  /// Whom a token was found to be from, if that is known and `now_s` lies in the time that it is valid for.
  std::shared_ptr<const Principal> find(const TokenDigest& digest, std::int64_t now_s);
  void put(const TokenDigest& digest, std::shared_ptr<const Principal> principal, Validity validity);
  std::size_t size() const;

 private:
  struct Entry {
    TokenDigest digest;
    std::shared_ptr<const Principal> principal;
    Validity validity;
  };
  struct Hash {
    std::size_t operator()(const TokenDigest& digest) const noexcept;
  };

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;                                                     // Guarded by mutex_; last used first.
  std::unordered_map<TokenDigest, std::list<Entry>::iterator, Hash> by_digest_;  // Guarded by mutex_.
};

}  // namespace luminate::server::auth
