#pragma once

#include <string>
#include <string_view>

namespace luminate::store {

enum class BackendKind { memory, sqlite, postgres };

/// A store URL, taken apart: `memory:`, `sqlite:PATH`, `sqlite:PATH?mode=ro`, `postgresql://...`.
struct StoreUrl {
  BackendKind backend = BackendKind::memory;
  std::string path{};  ///< Of the file; for PostgreSQL the whole URL, which may hold a password.
  bool read_only = false;
};

/// @throws Error invalid_option that says which forms there are.
StoreUrl parse_store_url(std::string_view url);

}  // namespace luminate::store
