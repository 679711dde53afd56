#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace luminate::server::auth {

/// What a token may be good for. None includes another.
enum class Scope : std::uint8_t { read = 1, write = 2, admin = 4 };

std::string_view to_string(Scope scope) noexcept;
std::optional<Scope> parse_scope(std::string_view name) noexcept;

/// A set of scopes.
class Scopes {
 public:
  void add(Scope scope) noexcept { bits_ |= static_cast<std::uint8_t>(scope); }
  bool has(Scope scope) const noexcept { return (bits_ & static_cast<std::uint8_t>(scope)) != 0; }
  bool empty() const noexcept { return bits_ == 0; }
  friend bool operator==(Scopes, Scopes) = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace luminate::server::auth
