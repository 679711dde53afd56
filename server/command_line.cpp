#include "server/command_line.hpp"

#include <luminate/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

#include "server/config/options.hpp"
#include "server/config/output.hpp"
#include "server/config/secrets.hpp"
#include "server/nearest.hpp"
#include "server/tools/arguments.hpp"
#include "server/tools/command_tree.hpp"

namespace luminate::server {
namespace {

constexpr const char* kSummary = "a metrics store over HTTP";

constexpr const char* kAbout =
    "Without a configuration it keeps its data in ./luminate.db and listens on 127.0.0.1:8080.";

constexpr const char* kExamples = R"(  luminate-server
  luminate-server --storage-url sqlite:/var/lib/luminate/metrics.db --port 9000
  luminate-server --print-config > luminate.yaml     a file to start from
  luminate-server --config luminate.yaml --check-config
  luminate-server check luminate.db                  is it sound? backup, restore, export, import, copy are like it
  luminate-server backup --help
  luminate-server token --help                       for a server that asks for tokens (auth.enabled)
  curl http://127.0.0.1:8080/api/v1/write -H 'Content-Type: application/json' \
       -d '{"metrics": [{"name": "hello", "value": 1}]}'
)";

constexpr const char* kConfiguration =
    "From the YAML file, then environment variables such as LUMINATE_SERVER_PORT, then flags; later wins.\n";

constexpr const char* kWhereKeysAre =
    "All keys, what they mean and their defaults: luminate-server --print-config, or docs/configuration.md.\n";

constexpr const char* kSignals =
    R"(SIGTERM, SIGINT: stop. Requests in flight are finished, then the store is closed; a second signal ends at once.
SIGHUP: read the configuration, keys and certificates again; what is wrong with them is logged and changes nothing.
)";

constexpr const char* kExitCodes =
    R"(0 stopped as asked (SIGTERM, SIGINT); 1 the store or the port cannot be had, or something broke;
2 the command line or the configuration is wrong; 128 + n ended at once by a second signal n. Subcommands: 0 all is
well, 1 something is damaged, or it failed, or was stopped; 2 usage.
)";

constexpr const char* kDocumentation =
    "docs/configuration.md, docs/operations.md, docs/security.md, docs/http-api.md, docs/queries.md, docs/tools.md\n";

std::string help_footer() {
  return std::string("\nExamples:\n") + kExamples + "\nConfiguration: " + kConfiguration + kWhereKeysAre +
         "\nSignals: " + kSignals + "\nExit codes: " + kExitCodes + "\nDocumentation: " + kDocumentation;
}

tools::ManualTexts manual_texts() {
  tools::ManualTexts texts;
  texts.version = LUMINATE_VERSION;
  texts.summary = kSummary;
  texts.description =
      std::string("Stores points of metrics with many dimensions and answers queries over them, by JSON over HTTP. ") +
      kAbout + "\n";
  texts.configuration = std::string(kConfiguration) +
                        "In the file, sections such as server hold keys such as port:\n\n  server:\n    port: 9000\n\n"
                        "The keys and their defaults:\n";
  texts.signals = kSignals;
  texts.exit_status = kExitCodes;
  texts.files =
      "./luminate.db, with luminate.db-wal and luminate.db-shm beside it while the server runs: the store, unless "
      "storage.url names another.\n";
  texts.examples = kExamples;
  texts.see_also = kDocumentation;
  return texts;
}

/// The subcommands that tell about the command line itself.
void add_documentation(CLI::App& app, std::optional<std::string>& text) {
  CLI::App* completion =
      tools::add_command(app, "completion", "print a script that lets a shell complete these words", R"(
Examples:
  source <(luminate-server completion bash)
  luminate-server completion bash > /usr/share/bash-completion/completions/luminate-server
  luminate-server completion zsh > "${fpath[1]}/_luminate-server"
)");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "whose script")->required()->type_name(tools::kShells);
  completion->callback([&app, &text, shell] {
    if (*shell != "bash" && *shell != "zsh")
      tools::refuse("SHELL must be bash or zsh, not '" + printable(*shell) + "'");
    text = tools::completion(tools::describe(app), *shell);
  });
  CLI::App* man = tools::add_command(app, "man", "print the manual page", R"(
Example:
  luminate-server man | man -l -
)");
  man->callback([&app, &text] { text = tools::manual_page(tools::describe(app), manual_texts()); });
}

/// The subcommand that was named, or the program.
const CLI::App& named(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

/// "luminate-server check --help".
std::string help_of(const CLI::App& app) {
  return (&named(app) == &app ? "luminate-server" : "luminate-server " + named(app).get_name()) + " --help";
}

std::string explain_unknown_argument(const CLI::App& app) {
  const std::vector<std::string> arguments = app.remaining(true);
  const std::string argument = arguments.empty() ? "" : arguments.front();
  std::vector<std::string> words;
  for (const CLI::Option* option : named(app).get_options()) {
    if (!option->get_group().empty() && option->nonpositional()) words.push_back("--" + option->get_lnames().front());
  }
  if (&named(app) == &app) {
    for (const CLI::App* command : app.get_subcommands({})) words.push_back(command->get_name());
  }
  const std::vector<std::string_view> candidates(words.begin(), words.end());
  return "unknown argument " + printable(config::mask_secrets(argument).substr(0, 128)) + "; the nearest is " +
         std::string(nearest(argument, candidates)) + ", and " + help_of(app) + " lists all";
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app(std::string("luminate-server " LUMINATE_VERSION ": ") + kSummary + ".\n" + kAbout, "luminate-server");
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
        ->type_name(std::string(option.value_name));
  }
  app.add_flag("--insecure", line.sources.insecure,
               "listen on an address that other machines can reach, though nobody needs a token (auth.enabled)");
  app.add_flag("--check-config", line.check_config, "check the configuration, print it, and exit");
  app.add_flag("--print-config", line.print_config, "print the configuration with what each key means, and exit");
  app.add_flag("--version", version, "print the version, and exit");
  app.add_flag("--print-config-reference", reference, "")->group("");  // For docs/configuration.md; not shown.
  app.set_help_flag("--help,-h", "print this, and exit");
  app.footer(help_footer());
  tools::add_subcommands(app, line.tool);
  add_documentation(app, line.text);

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.text = app.help();  // Of the subcommand, where one was named.
    return line;
  } catch (const CLI::ExtrasError&) {
    throw config::ConfigError(explain_unknown_argument(app));
  } catch (const CLI::ParseError& error) {
    throw config::ConfigError(printable(config::mask_secrets(error.what())) + "; " + help_of(app) +
                              " lists what there is");
  }
  if ((line.tool || line.text) && (line.sources.file || !line.sources.flags.empty() || line.sources.insecure ||
                                   line.check_config || line.print_config)) {
    throw config::ConfigError("options before " + named(app).get_name() + " are the server's; " + help_of(app) +
                              " lists those of the subcommand");
  }
  if (version) line.text = "luminate-server " LUMINATE_VERSION "\n";
  if (reference) line.text = config::markdown_table();
  return line;
}

}  // namespace luminate::server
