#include "server/config/output.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "server/config/loader.hpp"
#include "server/config/options.hpp"

namespace luminate::server::config {
namespace {

TEST(ToYaml, IsAFileThatSaysTheSame) {
  Config config;
  config.server.host = "::1";
  config.storage_url = "sqlite:/data/${x} \"quoted\" #1: y.db";
  config.store.set("batch_write.max_age", "365d");
  config.logging.slow_query.reset();
  for (const bool with_meanings : {false, true}) {
    Config read;
    apply_yaml(to_yaml(config, with_meanings), "printed", {}, read);
    for (const Option& option : options()) {
      EXPECT_EQ(option.get(read, option), option.get(config, option)) << option.name;
    }
  }
}

TEST(ToYaml, KeepsPasswordsToItself) {
  Config config;
  config.storage_url = "postgresql://me:s3cret@db/metrics";
  EXPECT_EQ(to_yaml(config, true).find("s3cret"), std::string::npos);
  EXPECT_NE(to_yaml(config, true).find("postgresql://me:***@db/metrics"), std::string::npos);
}

TEST(Documentation, HoldsTheTableOfOptionsAsItIs) {
  std::ifstream file(LUMINATE_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(markdown_table()), std::string::npos)
      << "docs/configuration.md must hold what luminate-server --print-config-reference prints";
}

}  // namespace
}  // namespace luminate::server::config
