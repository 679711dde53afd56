#include "server/command_line.hpp"

#include <luminate/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "server/config/options.hpp"
#include "server/config/output.hpp"
#include "server/nearest.hpp"

namespace luminate::server {
namespace {

constexpr const char* kAbout =
    "luminate-server " LUMINATE_VERSION
    ": a metrics store over HTTP.\n"
    "Without a configuration it keeps its data in ./luminate.db and listens on 127.0.0.1:8080.";

constexpr const char* kExamples = R"(
Examples:
  luminate-server
  luminate-server --storage-url sqlite:/var/lib/luminate/metrics.db --port 9000
  luminate-server --print-config > luminate.yaml     a file to start from
  luminate-server --config luminate.yaml --check-config
  curl http://127.0.0.1:8080/api/v1/write -H 'Content-Type: application/json' \
       -d '{"metrics": [{"name": "hello", "value": 1}]}'

Configuration: the YAML file, then environment variables such as LUMINATE_SERVER_PORT, then flags; later wins.
Keys and their defaults:
)";

constexpr const char* kExitCodes = R"(
Exit codes: 0 stopped as asked (SIGTERM, SIGINT); 1 the store or the port cannot be had, or something broke;
2 the command line or the configuration is wrong; 128 + n ended at once by a second signal n.

Documentation: docs/configuration.md, docs/http-api.md, docs/queries.md
)";

std::string explain_unknown_argument(const CLI::App& app) {
  const std::vector<std::string> arguments = app.remaining();
  const std::string argument = arguments.empty() ? "" : arguments.front();
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) flags.push_back("--" + option->get_lnames().front());
  }
  const std::vector<std::string_view> candidates(flags.begin(), flags.end());
  return "unknown argument " + printable(argument.substr(0, 128)) + "; the nearest is " +
         std::string(nearest(argument, candidates)) + ", and luminate-server --help lists all";
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(kAbout, "luminate-server");
  bool version = false;
  bool reference = false;

  app.add_option_function<std::string>(
         "--config", [&](const std::string& path) { line.sources.file = path; }, "YAML file to read")
      ->type_name("FILE");
  for (const config::Option& option : config::options()) {
    if (option.flag.empty()) continue;
    const std::string name(option.name);
    app.add_option_function<std::string>(
           std::string(option.flag), [&line, name](const std::string& v) { line.sources.flags.emplace_back(name, v); },
           std::string(option.meaning) + " (" + std::string(option.default_value) + ")")
        ->type_name("VALUE");
  }
  app.add_flag("--insecure", line.sources.insecure,
               "listen on an address that other machines can reach, though there is no authentication");
  app.add_flag("--check-config", line.check_config, "check the configuration, print it, and exit");
  app.add_flag("--print-config", line.print_config, "print the configuration with what each key means, and exit");
  app.add_flag("--version", version, "print the version, and exit");
  app.add_flag("--print-config-reference", reference, "")->group("");  // For docs/configuration.md; not shown.
  app.set_help_flag("--help,-h", "print this, and exit");
  app.footer(kExamples + config::help_table() + kExitCodes);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.text = app.help();
    return line;
  } catch (const CLI::ExtrasError&) {
    throw config::ConfigError(explain_unknown_argument(app));
  } catch (const CLI::ParseError& error) {
    throw config::ConfigError(printable(error.what()) + "; luminate-server --help lists what there is");
  }
  if (version) line.text = "luminate-server " LUMINATE_VERSION "\n";
  if (reference) line.text = config::markdown_table();
  return line;
}

}  // namespace luminate::server
