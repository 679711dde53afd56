#include "server/tools/arguments.hpp"

#include <luminate/error.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "server/config/config.hpp"
#include "server/logging.hpp"

namespace luminate::server::tools {
namespace {

constexpr const char* kExitCodes = "\nExit codes: 0 all is well; 1 something is damaged, or it failed; 2 usage.\n";

}  // namespace

void refuse(const std::string& what) {
  throw config::ConfigError(what + "; luminate-server --help lists what there is");
}

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& about, const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, about);
  command->set_help_flag("--help,-h", "print this, and exit");
  command->footer(examples + kExitCodes + "\nDocumentation: docs/tools.md\n");
  return command;
}

void add_progress(CLI::App& command, bool& progress) {
  command.add_flag("--progress", progress, "show progress, even where standard error is no terminal");
}

std::int64_t instant(const std::string& flag, const std::string& text) {
  const auto parsed = parse_instant(text);
  if (!parsed) {
    refuse(flag + " must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or Unix milliseconds, not '" +
           printable(text) + "'");
  }
  return *parsed;
}

std::vector<Filter> filters(const std::string& json) {
  try {
    return parse_filters_json(json);
  } catch (const Error& error) {
    refuse("--filters: " + printable(error.what()));
  }
}

void set_options(Options& options, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) refuse("--option must be KEY=VALUE, not '" + printable(text) + "'");
    try {
      options.set(text.substr(0, equals), text.substr(equals + 1));
    } catch (const Error& error) {
      refuse("--option: " + printable(error.what()));
    }
  }
}

}  // namespace luminate::server::tools
