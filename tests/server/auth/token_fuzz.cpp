// Reads anything as a token: as it is, and as the claims and the header of one that is signed rightly, so that what
// lies behind the signature is reached. What is accepted keeps its promises; what is refused is refused in our own
// words.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/auth/verifier.hpp"
#include "tests/server/auth/tokens.hpp"

using namespace luminate::server::auth;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

const Verifier& verifier() {
  static const Verifier verifier = [] {
    KeyRing keys;
    keys.set_default(secret_key());
    keys.add("ec", Key::from_public_pem(Algorithm::es256, test_keys::kEcPublic));
    keys.add("hs", secret_key());
    return Verifier(std::move(keys), {"", "", std::chrono::seconds(5)}, 4);
  }();
  return verifier;
}

void verify(const std::string& token) {
  const Verification first = verifier().verify(token, kNow);
  const Verification again = verifier().verify(token, kNow);
  must((first.principal == nullptr) == (again.principal == nullptr) && first.error.message == again.error.message);
  if (first.principal == nullptr) {
    must(!first.error.message.empty() && !first.error.reason.empty());
    return;
  }
  must(token.size() <= kMaxTokenBytes);
  must(first.principal->tenant.empty() ? first.principal->scopes.has(Scope::admin)
                                       : is_tenant_name(first.principal->tenant));
  must(verifier().verify(token, kNow + 10'000'000'000'000'000).principal == nullptr);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string in(reinterpret_cast<const char*>(data), size);
  verify(in);
  verify(token_with(in));
  verify(token_with(claims_text(), in));
  if (const auto bytes = decode_base64url(in)) must(encode_base64url(*bytes) == in);
  return 0;
}
