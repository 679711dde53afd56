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

TEST(CommandLine, HelpNamesEveryOption) {
  const CommandLine line = parse({"--help"});
  ASSERT_TRUE(line.text);
  for (const config::Option& option : config::options()) {
    EXPECT_NE(line.text->find(std::string(option.name) + ": " + std::string(option.default_value)), std::string::npos)
        << option.name;
    if (!option.flag.empty()) {
      EXPECT_NE(line.text->find(option.flag), std::string::npos);
    }
  }
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

}  // namespace
}  // namespace luminate::server
