#include "server/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/config/options.hpp"

namespace luminate::server {
namespace {

CommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "luminate-server");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string error_of(const std::vector<const char*>& arguments) {
  try {
    parse(arguments);
  } catch (const config::ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(CommandLine, HandsFlagsOnByTheNameOfTheirOption) {
  const CommandLine line =
      parse({"--config", "a.yaml", "--host", "::1", "--port=0", "--storage-url", "memory:", "--log-level", "debug",
             "--log-format", "text", "--insecure", "--check-config"});
  EXPECT_EQ(line.sources.file, "a.yaml");
  EXPECT_TRUE(line.sources.insecure);
  EXPECT_TRUE(line.check_config);
  EXPECT_FALSE(line.print_config);
  EXPECT_FALSE(line.text);
  const config::Config config = [&] {
    config::Sources sources = line.sources;
    sources.file.reset();
    return config::load(sources);
  }();
  EXPECT_EQ(config.server.host, "::1");
  EXPECT_EQ(config.server.port, 0);
  EXPECT_EQ(config.storage_url, "memory:");
  EXPECT_EQ(config.logging.level, LogLevel::debug);
  EXPECT_EQ(config.logging.format, LogFormat::text);
  EXPECT_TRUE(config.insecure);
}

TEST(CommandLine, AsksForNothingByDefault) {
  const CommandLine line = parse({});
  EXPECT_FALSE(line.sources.file);
  EXPECT_FALSE(line.sources.insecure);
  EXPECT_FALSE(line.text);
}

TEST(CommandLine, HelpNamesEveryFlagAndSaysWhereAllKeysAre) {
  const CommandLine line = parse({"--help"});
  ASSERT_TRUE(line.text);
  for (const config::Option& option : config::options()) {
    if (!option.flag.empty()) {
      EXPECT_NE(line.text->find(option.flag), std::string::npos);
    }
  }
  EXPECT_NE(line.text->find("luminate-server --print-config"), std::string::npos);
  EXPECT_NE(line.text->find("Exit codes"), std::string::npos);
}

TEST(CommandLine, TellsItsVersion) {
  EXPECT_EQ(parse({"--version"}).text->substr(0, 16), "luminate-server ");
}

TEST(CommandLine, NamesTheNearestForAnUnknownArgument) {
  EXPECT_EQ(error_of({"--prot", "1"}),
            "unknown argument --prot; the nearest is --port, and luminate-server --help lists all");
}

TEST(CommandLine, RefusesWhatItDoesNotKnowInOneLine) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--prot", "1"}, {"serve"}, {"--port"}, {"--a\nb"}, {"--port", "1", "--port", "2"}}) {
    const std::string message = error_of(arguments);
    EXPECT_NE(message.find("--help"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(CommandLine, NamesTheSubcommandToRun) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"check", "a.db"},
        {"check", "a.db", "--json", "--max-findings", "5"},
        {"backup", "a.db", "b.db", "--force", "--no-verify"},
        {"restore", "b.db", "sqlite:a.db"},
        {"export", "a.db"},
        {"export", "a.db", "x.csv", "--metric", "m", "--metric", "n", "--last", "7d"},
        {"export", "sqlite:a.db?mode=ro", "-", "--start", "0", "--end", "2026-01-31T12:00:00Z", "--filters",
         R"({"region": "eu"})", "--all-tenants", "--format", "csv", "--progress"},
        {"health"},
        {"health", "--config", "a.yaml", "--ready", "--timeout", "1m"},
        {"token", "--tenant", "acme"},
        {"token", "--scopes", "admin", "--ttl", "1s"},
        {"token", "--config", "a.yaml", "--tenant", "acme", "--scopes", "read,write,admin", "--ttl", "366d", "--kid",
         "k", "--private-key", "a.pem"},
        {"import", "a.db"},
        {"import", "a.db", "-", "--tenant", "acme", "--max-errors", "0", "--option",
         "cardinality_limits.max_metrics_per_tenant=5"}}) {
    const CommandLine line = parse(arguments);
    EXPECT_TRUE(line.tool) << arguments.front();
    EXPECT_FALSE(line.text);
  }
  EXPECT_FALSE(parse({}).tool);
}

TEST(CommandLine, TeachesEachSubcommand) {
  for (const char* command :
       {"check", "backup", "restore", "export", "import", "token", "health", "completion", "man"}) {
    EXPECT_NE(parse({"--help"}).text->find(command), std::string::npos);
    const std::string help = *parse({command, "--help"}).text;
    EXPECT_NE(help.find("Usage: luminate-server " + std::string(command)), std::string::npos) << help;
    EXPECT_NE(help.find("Example"), std::string::npos);
    EXPECT_NE(help.find("Exit codes"), std::string::npos);
  }
}

TEST(CommandLine, RefusesWrongSubcommandsInOneLine) {
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"chek", "a.db"},
                                                    {"check"},
                                                    {"check", "a.db", "b.db"},
                                                    {"check", "a.db", "--jsn"},
                                                    {"backup", "a.db"},
                                                    {"restore", "a.db"},
                                                    {"check", "memory:"},
                                                    {"check", "a.db", "--max-findings", "x"},
                                                    {"--port", "1", "check", "a.db"},
                                                    {"check", "a.db", "export", "a.db"},
                                                    {"export", "a.db", "--start", "yesterday"},
                                                    {"export", "a.db", "--last", "0s"},
                                                    {"export", "a.db", "--last", "1h", "--start", "0"},
                                                    {"export", "a.db", "--filters", "{"},
                                                    {"export", "a.db", "--format", "xml"},
                                                    {"export", "a.db", "--tenant", "t", "--all-tenants"},
                                                    {"health", "--timeout", "0s"},
                                                    {"health", "--timeout", "2m"},
                                                    {"health", "here"},
                                                    {"token"},
                                                    {"token", "--scopes", "read"},
                                                    {"token", "--tenant", ""},
                                                    {"token", "--tenant", "a", "--scopes", "raed"},
                                                    {"token", "--tenant", "a", "--scopes", ""},
                                                    {"token", "--tenant", "a", "--ttl", "0s"},
                                                    {"token", "--tenant", "a", "--ttl", "366d1ms"},
                                                    {"import", "a.db", "--option", "x"},
                                                    {"import", "a.db", "--option", "no.such.key=1"},
                                                    {"import", "a.db", "--max-errors", "-1"}}) {
    const std::string message = error_of(arguments);
    EXPECT_NE(message.find("--help"), std::string::npos) << arguments.front() << ": " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_EQ(error_of({"chek", "a.db"}),
            "unknown argument chek; the nearest is check, and luminate-server --help lists all");
  EXPECT_EQ(error_of({"check", "a.db", "--jsn"}),
            "unknown argument --jsn; the nearest is --json, and luminate-server check --help lists all");
}

}  // namespace
}  // namespace luminate::server
