#include <luminate/query.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

#include "server/logging.hpp"
#include "server/tools/arguments.hpp"
#include "server/tools/subcommands.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::minutes(1);

constexpr const char* kHelp = R"(
Asks the server that this configuration describes, on this machine, for /healthz; with --ready for /readyz. Ends with 0
when it answers 200, and with 1 and the reason when it does not. It is for the health check of a container, where there
is no curl. Certificates are not verified; of a server that demands certificates from its clients
(server.tls.client_ca_file) it is only seen whether it accepts connections.

Examples:
  luminate-server health
  luminate-server health --config /etc/luminate/luminate.yaml --ready --timeout 5s
)";

struct HealthTexts {
  HealthArguments arguments;
  std::string timeout = "2s";
};

void resolve(HealthTexts& texts) {
  const auto timeout = parse_duration(texts.timeout);
  if (!timeout || timeout->count() == 0 || *timeout > kMaxTimeout) {
    refuse("--timeout must be a duration from 1ms to " + format_duration(kMaxTimeout) + ", such as 2s, not '" +
           printable(texts.timeout.substr(0, 64)) + "'");
  }
  texts.arguments.timeout = *timeout;
}

}  // namespace

void add_health(CLI::App& app, Tool& chosen) {
  const auto texts = std::make_shared<HealthTexts>();
  CLI::App* command = add_command(app, "health", "ask a server on this machine how it is", kHelp);
  command->add_option("--config", texts->arguments.config, "the server's YAML file")->type_name("FILE");
  command->add_flag("--ready", texts->arguments.ready, "whether it can serve requests, not only that it lives");
  command->add_option("--timeout", texts->timeout, "how long it may take to answer (2s)")->type_name("DURATION");
  command->callback([texts, &chosen] {
    resolve(*texts);
    chosen = [texts](const std::stop_token&) { return health(texts->arguments); };
  });
}

}  // namespace luminate::server::tools
