#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/config/config.hpp"
#include "server/config/substitution.hpp"

namespace luminate::server::config {

/// Where a configuration comes from, weakest first.
struct Sources {
  std::optional<std::string> file;  ///< Path of a YAML file.
  Environment environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< Option name ("server.port") and value.
  bool insecure = false;
};

/// Defaults, then the file, then LUMINATE_<SECTION>_<KEY>, then flags; each may override what came before.
/// Does not check() the whole. @throws ConfigError, naming the file and line, the variable, or the flag.
Config load(const Sources& sources);

/// The file's part of load(): sets what `text` sets. `name` is what messages call it.
void apply_yaml(std::string_view text, const std::string& name, const Environment& environment, Config& config);
/// The environment's part of load().
void apply_environment(const Environment& environment, Config& config);

}  // namespace luminate::server::config
