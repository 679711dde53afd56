#include <gtest/gtest.h>

#include <array>
#include <string>

#include "server/config/config.hpp"
#include "server/config/secrets.hpp"

namespace luminate::server::config {
namespace {

std::string objection(const Config& config) {
  try {
    check(config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(Check, AcceptsTheDefaults) {
  EXPECT_EQ(objection(Config()), "");
}

TEST(Check, RefusesAddressesThatOthersCanReach) {
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "metrics.example.com", "127.1",
                           "localhost.evil.com", "::ffff:127.0.0.1", "127.0.0.1.example.com"}) {
    Config config;
    config.server.host = host;
    EXPECT_NE(objection(config).find("--insecure"), std::string::npos) << host;
    config.insecure = true;
    EXPECT_EQ(objection(config), "") << host;
  }
}

TEST(Check, AcceptsAnyAddressWhereTokensAreAskedFor) {
  Config config;
  config.server.host = "0.0.0.0";
  config.auth.enabled = true;
  config.auth.jwt_secret_file = "/run/secrets/jwt";
  EXPECT_EQ(objection(config), "");
}

TEST(Check, RefusesToAskForTokensWithoutAKey) {
  Config config;
  config.auth.enabled = true;
  EXPECT_NE(objection(config).find("auth.enabled needs a key"), std::string::npos);
  config.auth.keys = parse_named_keys("a RS256 /a.pem");
  EXPECT_EQ(objection(config), "");
}

TEST(Check, RefusesKeysThatContradictEachOther) {
  const std::string secret(32, 's');
  Config config;
  config.auth.jwt_secret = secret;
  config.auth.jwt_secret_file = "/a";
  EXPECT_NE(objection(config).find("exclude each other"), std::string::npos);
  config.auth.jwt_secret_file = "";
  config.auth.jwt_public_key_path = "/a";
  EXPECT_NE(objection(config).find("exclude each other"), std::string::npos);
  config.auth.jwt_secret = "";
  EXPECT_NE(objection(config).find("set auth.algorithm to RS256"), std::string::npos);
  for (const auth::Algorithm algorithm : {auth::Algorithm::rs256, auth::Algorithm::es256, auth::Algorithm::eddsa}) {
    config.auth.algorithm = algorithm;
    config.auth.jwt_public_key_path = "/a";
    EXPECT_EQ(objection(config), "");
    config.auth.jwt_public_key_path = "";
    config.auth.jwt_secret = secret;
    EXPECT_NE(objection(config).find("takes auth.jwt_public_key_path"), std::string::npos);
    config.auth.jwt_secret = "";
  }
}

TEST(Check, RefusesHalfOfTls) {
  const auto checks = [](const char* certificate, const char* key, const char* clients) {
    Config config;
    config.server.tls = {certificate, key, clients};
    try {
      check(config);
      return true;
    } catch (const ConfigError&) {
      return false;
    }
  };
  EXPECT_TRUE(checks("a", "b", ""));
  EXPECT_TRUE(checks("a", "b", "c"));
  EXPECT_FALSE(checks("a", "", ""));
  EXPECT_FALSE(checks("", "b", ""));
  EXPECT_FALSE(checks("", "", "c"));
}

TEST(Check, StaysClosedToOthersWithoutTokensThoughItSpeaksTls) {
  Config config;
  config.server.host = "0.0.0.0";
  config.server.tls = {"a", "b", "c"};
  EXPECT_THROW(check(config), ConfigError);
}

TEST(Check, AcceptsEveryLoopbackAddress) {
  for (const char* host : {"127.0.0.1", "127.255.255.254", "::1", "localhost"}) {
    Config config;
    config.server.host = host;
    EXPECT_EQ(objection(config), "") << host;
  }
}

TEST(Check, RefusesADefaultTimeoutBeyondTheLongest) {
  Config config;
  config.store.set("query_limits.default_query_timeout", "30s");
  EXPECT_EQ(objection(config), "");
  config.store.set("query_limits.default_query_timeout", "30s1ms");
  EXPECT_NE(objection(config).find("query_limits.max_query_timeout (30s)"), std::string::npos);
}

TEST(MaskSecrets, HidesPasswordsOfUrls) {
  EXPECT_EQ(mask_secrets("postgresql://me:s3cret@db/metrics"), "postgresql://me:***@db/metrics");
  EXPECT_EQ(mask_secrets("postgresql://me:s@3/c:r@db/metrics"), "postgresql://me:***@db/metrics");
  EXPECT_EQ(mask_secrets("postgresql://db/metrics?password=s3cret&sslmode=require"),
            "postgresql://db/metrics?password=***&sslmode=require");
  EXPECT_EQ(mask_secrets("host=db password=s3cret user=me"), "host=db password=*** user=me");
  EXPECT_EQ(mask_secrets("postgresql://db/m?p%61ssword=s3cret"), "postgresql://db/m?p%61ssword=***");
  EXPECT_EQ(mask_secrets("postgresql://me:one@db/m?sslpassword=two&PASSWORD=three"),
            "postgresql://me:***@db/m?sslpassword=***&PASSWORD=***");
  EXPECT_EQ(mask_secrets("postgresql://db/m?pasword=s3cret&host=/run"), "postgresql://db/m?pasword=***&host=/run");
}

TEST(MaskSecrets, LeavesTheRestAlone) {
  for (const char* text : {"", "memory:", "sqlite:/var/lib/a@b:c.db", "postgresql://me@db:5432/metrics",
                           "postgresql:///m?host=/run/pg&schema=a&passfile=/etc/pass", "127.0.0.1"}) {
    EXPECT_EQ(mask_secrets(text), text);
  }
}

TEST(HideSecrets, OverwritesThemWhereTheyStand) {
  std::string program = "program:x@y";
  std::string flag = "--storage-url=postgresql://me:s3cret@db/metrics";
  std::string url = "postgresql://db/m?password=s3cret";
  std::string plain = "sqlite:a@b:c.db";
  std::array<char*, 5> argv{program.data(), flag.data(), url.data(), plain.data(), nullptr};
  hide_secrets(4, argv.data());
  EXPECT_EQ(program, "program:x@y");
  EXPECT_EQ(flag, "--storage-url=postgresql://me:******@db/metrics");
  EXPECT_EQ(url, "postgresql://db/m?password=******");
  EXPECT_EQ(plain, "sqlite:a@b:c.db");
}

}  // namespace
}  // namespace luminate::server::config
