#pragma once

#include <functional>
#include <stop_token>

namespace CLI {  // NOLINT(readability-identifier-naming): a library of others.
class App;
}

namespace luminate::server::tools {

/// What to do instead of serving. Returns an exit code; throws std::exception.
using Tool = std::function<int(std::stop_token)>;

/// Adds the subcommands check, backup, restore, export, import, copy, token and health. Parsing sets `chosen` to the
/// one that was named.
/// @throws config::ConfigError while parsing, for a value that is wrong.
void add_subcommands(CLI::App& app, Tool& chosen);

/// Some of them, one each.
void add_copy(CLI::App& app, Tool& chosen);
void add_token(CLI::App& app, Tool& chosen);
void add_health(CLI::App& app, Tool& chosen);

}  // namespace luminate::server::tools
