#pragma once

#include <optional>
#include <string>

#include "server/config/loader.hpp"
#include "server/tools/subcommands.hpp"

namespace luminate::server {

/// How the program ends. Documented in --help.
namespace exit_code {
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;       ///< The store or the port cannot be had, or something broke, or is damaged.
inline constexpr int kUsage = 2;         ///< The command line or the configuration is wrong.
inline constexpr int kSignalBase = 128;  ///< Plus the signal: stopped at once by a second one.
}  // namespace exit_code

/// What the command line asks for.
struct CommandLine {
  config::Sources sources;  ///< Without the environment.
  bool check_config = false;
  bool print_config = false;
  /// The subcommand to run instead of serving, if one was named.
  tools::Tool tool;
  /// Text to print instead of serving: help, the version.
  std::optional<std::string> text;
};

/// @throws config::ConfigError for a command line that is wrong.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace luminate::server
