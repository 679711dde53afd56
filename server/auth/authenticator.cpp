#include "server/auth/authenticator.hpp"

#include <chrono>

namespace luminate::server::auth {

std::int64_t Authenticator::system_clock() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Verification Authenticator::authenticate(std::string_view token) const {
  std::shared_ptr<const Verifier> verifier;
  {
    const std::lock_guard lock(mutex_);
    verifier = verifier_;
  }
  return verifier->verify(token, clock_());
}

void Authenticator::replace(std::shared_ptr<const Verifier> verifier) {
  const std::lock_guard lock(mutex_);
  verifier_.swap(verifier);
}

}  // namespace luminate::server::auth
