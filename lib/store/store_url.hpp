#pragma once

#include <string>
#include <string_view>

namespace luminate::store {

enum class BackendKind { memory, sqlite };

/// A store URL, taken apart: `memory:`, `sqlite:PATH`, `sqlite:PATH?mode=ro`.
struct StoreUrl {
  BackendKind backend = BackendKind::memory;
  std::string path{};
  bool read_only = false;
};

/// @throws Error invalid_option that says which forms there are.
StoreUrl parse_store_url(std::string_view url);

}  // namespace luminate::store
