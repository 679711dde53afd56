#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/auth/algorithm.hpp"
#include "server/config/config_error.hpp"

namespace luminate::server::config {

/// A key that tokens name by `kid`, and the file that holds it.
struct NamedKey {
  std::string id;
  auth::Algorithm algorithm = auth::Algorithm::hs256;
  std::string file;
};

/// Reads "ID ALGORITHM FILE, ID ALGORITHM FILE". @throws ConfigError that goes on from the option's name.
std::vector<NamedKey> parse_named_keys(std::string_view text);
/// The same backwards.
std::string format_named_keys(const std::vector<NamedKey>& keys);

}  // namespace luminate::server::config
