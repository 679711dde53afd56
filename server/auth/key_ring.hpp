#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/auth/key.hpp"

namespace luminate::server::auth {

inline constexpr std::size_t kMaxKeys = 100;
inline constexpr std::size_t kMaxKeyIdBytes = 256;

/// The keys that tokens may be signed with: named ones, and one for tokens that name none.
class KeyRing {
 public:
  /// @throws KeyError for a name that is taken, empty, or longer than 256 bytes, and for one key too many.
  void add(const std::string& id, Key key);
  void set_default(Key key) { default_ = std::move(key); }

  /// The key for a token whose header has this `kid`, or none; null when there is no such key. Names are compared byte
  /// by byte. While no key has a name there is nothing to choose from, and the default key serves whatever is named.
  const Key* find(const std::optional<std::string>& id) const;

  bool empty() const noexcept { return named_.empty() && !default_; }
  std::size_t size() const noexcept { return named_.size() + (default_ ? 1 : 0); }
  const std::optional<Key>& default_key() const noexcept { return default_; }
  const std::map<std::string, Key, std::less<>>& named() const noexcept { return named_; }

 private:
  std::map<std::string, Key, std::less<>> named_;
  std::optional<Key> default_;
};

}  // namespace luminate::server::auth
