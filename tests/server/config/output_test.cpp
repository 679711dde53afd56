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
  config.server.tls.key_file = "/etc/a key.pem";
  config.storage_url = "sqlite:/data/${x} \"quoted\" #1: y.db";
  config.store.set("batch_write.max_age", "365d");
  config.logging.slow_query.reset();
  config.auth.keys = parse_named_keys("a RS256 /etc/a key.pem, b HS256 /b");
  config.rate_limits.others.points = parse_rate("off");
  config.rate_limits.tenants =
      parse_tenant_rates(R"(acme metrics_per_second=5, "a, \"b\" ${c}" concurrent_queries=off)");
  config.auth.issuer = "https://id.example/?a=b#c";
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

TEST(ToYaml, ShowsThatThereIsASecretAndNotWhich) {
  Config config;
  EXPECT_NE(to_yaml(config, false).find("  jwt_secret: \"\"\n"), std::string::npos);
  config.auth.jwt_secret = "0123456789abcdef0123456789abcdef";
  for (const bool with_meanings : {false, true}) {
    EXPECT_EQ(to_yaml(config, with_meanings).find("0123456789"), std::string::npos);
    EXPECT_NE(to_yaml(config, with_meanings).find("  jwt_secret: \"***\"\n"), std::string::npos);
  }
  // Whoever starts a server with what was printed is told, instead of signing with stars.
  Config read;
  EXPECT_THROW(apply_yaml(to_yaml(config, false), "printed", {}, read), ConfigError);
}

TEST(Documentation, HoldsTheTableOfOptionsAsItIs) {
  std::ifstream file(LUMINATE_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(markdown_table()), std::string::npos)
      << "docs/configuration.md does not hold the options as they are; make docs writes them";
}

}  // namespace
}  // namespace luminate::server::config
