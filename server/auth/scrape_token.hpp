#pragma once

#include <mutex>
#include <optional>
#include <string_view>

#include "server/auth/token_cache.hpp"

namespace luminate::server::auth {

/// The secret that whoever reads the server's own metrics has to know, if there is one. Any thread.
class ScrapeToken {
 public:
  /// What is kept of a token; nothing of an empty one, which stands for none.
  using Digest = std::optional<TokenDigest>;

  /// @throws std::bad_alloc
  explicit ScrapeToken(std::string_view token = {}) : digest_(digest(token)) {}

  /// @throws std::bad_alloc
  static Digest digest(std::string_view token);
  void replace(const Digest& digest) noexcept;
  bool is_set() const;
  /// In a time that tells nothing of the secret. @throws std::bad_alloc
  bool matches(std::string_view token) const;

 private:
  Digest current() const;

  mutable std::mutex mutex_;
  Digest digest_;  // Guarded by mutex_.
};

}  // namespace luminate::server::auth
