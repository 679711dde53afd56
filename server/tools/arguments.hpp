#pragma once

#include <luminate/options.hpp>
#include <luminate/query.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): a library of others.
class App;
}

// What the subcommands' arguments have in common. All throw config::ConfigError for what is wrong.
namespace luminate::server::tools {

/// Says what is wrong and where help is.
[[noreturn]] void refuse(const std::string& what);

/// A subcommand with its help.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& about, const std::string& examples);
void add_progress(CLI::App& command, bool& progress);

/// An RFC 3339 time or Unix milliseconds.
std::int64_t instant(const std::string& flag, const std::string& text);
std::vector<Filter> filters(const std::string& json);
/// KEY=VALUE, as --option takes them.
void set_options(Options& options, const std::vector<std::string>& texts);

}  // namespace luminate::server::tools
