#include <cstdio>
#include <exception>
#include <string>

#include "server/application.hpp"
#include "server/command_line.hpp"
#include "server/config/output.hpp"

namespace {

using namespace luminate::server;

int complain(const std::exception& error, int code) {
  // Messages may quote what comes from elsewhere, such as file names: one line stays one line.
  std::fprintf(stderr, "luminate-server: %s\n", printable(error.what()).c_str());
  return code;
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? exit_code::kSuccess : exit_code::kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  config::Config config;
  try {
    line = parse_command_line(argc, argv);
    if (line.text) return print(*line.text);
    line.sources.environment = config::process_environment();
    config = config::load(line.sources);
    if (line.print_config) return print(config::to_yaml(config, true));
    config::check(config);
    if (line.check_config) return print(config::to_yaml(config, false));
  } catch (const std::exception& error) {
    return complain(error, exit_code::kUsage);
  }
  try {
    Signals signals;
    Logger logger(config.logging.level, config.logging.format);
    Application(config, logger).run(signals);
    return exit_code::kSuccess;
  } catch (const std::exception& error) {
    return complain(error, exit_code::kFailure);
  }
}
