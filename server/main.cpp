#include <malloc.h>
#include <unistd.h>
#include <luminate/error.hpp>
#include <luminate/store_url.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/application.hpp"
#include "server/auth_setup.hpp"
#include "server/command_line.hpp"
#include "server/config/output.hpp"
#include "server/config/secrets.hpp"
#include "server/systemd.hpp"
#include "server/tls_setup.hpp"
#include "server/tools/report.hpp"

namespace {

using namespace luminate::server;

void complain(const std::string& what) {
  // Messages may quote what comes from elsewhere, such as file names: one line stays one line.
  std::fprintf(stderr, "luminate-server: %s\n", tools::safe(what).c_str());
}

int complain(const std::exception& error, int code) {
  complain(error.what());
  return code;
}

void check_storage(const config::Config& config) {
  try {
    luminate::check_store_url(config.storage_url, config.store);
  } catch (const luminate::Error& error) {
    throw config::ConfigError(std::string("storage.url: ") + error.what());
  }
}

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? exit_code::kSuccess : exit_code::kFailure;
}

/// Runs a subcommand on a thread of its own. A first signal asks it to stop and clean up, a second ends it at once.
int run(const tools::Tool& tool, Signals& signals) {
  std::exception_ptr failure;
  int code = exit_code::kFailure;
  std::stop_source stop;
  std::thread work([&] {
    try {
      code = tool(stop.get_token());
    } catch (...) {
      failure = std::current_exception();
    }
    signals.finish();
  });
  if (signals.wait() != 0) {
    stop.request_stop();
    if (const int second = signals.wait(); second != 0) ::_exit(exit_code::kSignalBase + second);
  }
  work.join();
  if (failure) std::rethrow_exception(failure);
  return code;
}

/// glibc gives threads an arena each, up to eight a core, and what large bodies and answers left free in one serves
/// nobody else: a server that 40 connections talked to held five times what it needed. Most of its threads wait.
void share_freed_memory() {
  ::mallopt(M_ARENA_MAX, std::max(2, static_cast<int>(std::thread::hardware_concurrency())));
}

}  // namespace

int main(int argc, char** argv) {
  share_freed_memory();
  // Copied, and then taken from the eyes of whoever lists processes.
  const std::vector<std::string> words(argv, argv + argc);
  config::hide_secrets(argc, argv);
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());

  CommandLine line;
  config::Config config;
  AuthSetup auth;
  TlsSetup tls;
  try {
    line = parse_command_line(argc, arguments.data());
    if (line.text) return print(*line.text);
    if (!line.tool) {
      line.sources.environment = config::process_environment();
      config = config::load(line.sources);
      if (line.print_config) return print(config::to_yaml(config, true));
      config::check(config);
      auth = set_up_auth(config.auth);
      auth.scrape_token = read_scrape_token(config.metrics, auth.warnings);
      tls = set_up_tls(config.server.tls);
      if (line.check_config) {
        check_storage(config);
        for (const auto& warnings : {auth.warnings, tls.warnings}) {
          for (const std::string& warning : warnings) complain("warning: " + warning);
        }
        return print(config::to_yaml(config, false));
      }
    }
  } catch (const std::exception& error) {
    return complain(error, exit_code::kUsage);
  }
  try {
    Signals signals(line.tool ? Signals::Hangup::ends : Signals::Hangup::reloads);
    if (line.tool) return run(line.tool, signals);
    ServiceManager manager;
    Logger logger(config.logging.level, config.logging.format);
    Application(
        config, auth, tls, [&line] { return config::load(line.sources); }, logger, manager)
        .run(signals);
    return exit_code::kSuccess;
  } catch (const config::ConfigError& error) {
    return complain(error, exit_code::kUsage);
  } catch (const std::exception& error) {
    return complain(error, exit_code::kFailure);
  }
}
