#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "server/auth/verifier.hpp"

namespace luminate::server::auth {

/// Verifies tokens against the keys of the moment, which can be replaced while requests are served. Any thread may use
/// it at any time.
class Authenticator {
 public:
  /// Unix seconds.
  using Clock = std::function<std::int64_t()>;
  static std::int64_t system_clock();

  explicit Authenticator(std::shared_ptr<const Verifier> verifier, Clock clock = system_clock)
      : clock_(std::move(clock)), verifier_(std::move(verifier)) {}

  Verification authenticate(std::string_view token) const;
  /// From now on tokens are verified by this one. What the other remembered is forgotten.
  void replace(std::shared_ptr<const Verifier> verifier);

 private:
  const Clock clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Verifier> verifier_;  // Guarded by mutex_.
};

}  // namespace luminate::server::auth
