#include "model/names.hpp"

#include <algorithm>

namespace luminate::model {
namespace {

constexpr bool is_start(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_part(char c) noexcept {
  return is_start(c) || (c >= '0' && c <= '9');
}

}  // namespace

bool valid_name(std::string_view name, std::size_t max_length) noexcept {
  return !name.empty() && name.size() <= max_length && is_start(name.front()) &&
         std::all_of(name.begin() + 1, name.end(), is_part);
}

bool is_schema_name(std::string_view name) noexcept {
  constexpr std::size_t kMaxLength = 63;
  return valid_name(name, kMaxLength) && !name.starts_with("pg_") &&
         std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace luminate::model
