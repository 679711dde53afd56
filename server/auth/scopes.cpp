#include "server/auth/scopes.hpp"

namespace luminate::server::auth {

std::string_view to_string(Scope scope) noexcept {
  switch (scope) {
    case Scope::read:
      return "read";
    case Scope::write:
      return "write";
    case Scope::admin:
      return "admin";
  }
  return "";
}

std::optional<Scope> parse_scope(std::string_view name) noexcept {
  for (const Scope scope : {Scope::read, Scope::write, Scope::admin}) {
    if (to_string(scope) == name) return scope;
  }
  return std::nullopt;
}

}  // namespace luminate::server::auth
