#include "server/auth/key_ring.hpp"

namespace luminate::server::auth {

void KeyRing::add(const std::string& id, Key key) {
  if (id.empty() || id.size() > kMaxKeyIdBytes) {
    throw KeyError("has a name of " + std::to_string(id.size()) + " bytes; it must have 1 to " +
                   std::to_string(kMaxKeyIdBytes));
  }
  if (named_.size() == kMaxKeys) throw KeyError("is one too many: there may be " + std::to_string(kMaxKeys));
  if (!named_.emplace(id, std::move(key)).second) throw KeyError("has a name that another key has already");
}

const Key* KeyRing::find(const std::optional<std::string>& id) const {
  if (!id || named_.empty()) return default_ ? &*default_ : nullptr;
  const auto found = named_.find(*id);
  return found == named_.end() ? nullptr : &found->second;
}

}  // namespace luminate::server::auth
