#include "server/config/loader.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/config/options.hpp"
#include "server/config/yaml_file.hpp"

namespace luminate::server::config {
namespace {

Config from_yaml(const std::string& text, const Environment& environment = {}) {
  Config config;
  apply_yaml(text, "test.yaml", environment, config);
  return config;
}

std::string yaml_error(const std::string& text, const Environment& environment = {}) {
  try {
    from_yaml(text, environment);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string environment_error(const Environment& environment) {
  Config config;
  try {
    apply_environment(environment, config);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string get(const Config& config, std::string_view name) {
  const Option* option = find_option(name);
  return option == nullptr ? "there is no such option" : option->get(config, *option);
}

/// For each option a value that is allowed and is not its default.
std::string other_value(const Option& option) {
  if (option.name == "server.host") return "::1";
  if (option.name == "storage.url") return "memory:";
  if (option.name == "storage.durability") return "normal";
  if (option.name == "storage.compaction") return "off";
  if (option.name == "storage.schema") return "other";
  if (option.name == "storage.compress_after") return "23d";
  if (option.name == "logging.level") return "error";
  if (option.name == "logging.format") return "json";
  if (option.name == "query_limits.max_query_memory_bytes") return "2097152";
  if (option.name == "server.host_names") return "metrics.local, luminate";
  if (option.name == "retention.policies") return "debug_* 7d, audit_* off";
  if (option.name == "auth.enabled") return "true";
  if (option.name == "auth.algorithm") return "EdDSA";
  if (option.name == "auth.jwt_secret") return "0123456789abcdef0123456789abcdef";
  if (option.name == "auth.keys") return "2026-01 RS256 /a.pem, 2026-02 HS256 /b";
  if (option.name == "rate_limits.tenants") return "acme metrics_per_second=50000 concurrent_queries=off, globex";
  if (option.section() == "rate_limits") return "17";
  if (option.name == "metrics.enabled") return "false";
  if (option.name == "metrics.path") return "/internal/metrics";
  if (option.name == "metrics.token") return "a-token-of-22-letters!";
  if (option.default_value.empty()) return "/some/text";
  const char last = option.default_value.back();
  return last >= '0' && last <= '9' ? "17" : "23s";
}

TEST(Options, StartWithTheDefaultsTheyDocument) {
  const Config config;
  for (const Option& option : options()) EXPECT_EQ(option.get(config, option), option.default_value) << option.name;
}

TEST(Options, HaveEveryKeyOfTheLibrary) {
  for (const luminate::Options::Key& key : luminate::Options::keys()) EXPECT_NE(find_option(key.name), nullptr);
}

TEST(Options, CanAllBeSetByFileEnvironmentAndFlag) {
  for (const Option& option : options()) {
    const std::string value = other_value(option);
    ASSERT_NE(value, option.default_value) << option.name;

    std::string key(option.key());
    if (const std::size_t dot = key.find('.'); dot != std::string::npos) key.replace(dot, 1, ":\n    ");
    const Config by_file = from_yaml(std::string(option.section()) + ":\n  " + key + ": \"" + value + "\"\n");
    EXPECT_EQ(option.get(by_file, option), value) << option.name;

    Config by_environment;
    apply_environment({{option.variable(), value}}, by_environment);
    EXPECT_EQ(option.get(by_environment, option), value) << option.name;

    Sources sources;
    sources.flags.emplace_back(option.name, value);
    EXPECT_EQ(option.get(load(sources), option), value) << option.name;
  }
}

TEST(Options, AreRefusedOneBeyondTheirBounds) {
  struct Case {
    const char* name;
    const char* fits;
    const char* too_much;
  };
  const std::string longest_host(253, 'h');
  const std::string longest_url = "sqlite:" + std::string(4096 - 7, 'p');
  const std::string host_too_long = longest_host + "h";
  const std::string url_too_long = longest_url + "p";
  const std::string secret(32, 's');
  const std::string longest_secret(64 * 1024, 's');
  const std::string secret_too_long = longest_secret + 's';
  const std::string longest_scrape_path = '/' + std::string(255, 'm');
  const std::string scrape_path_too_long = longest_scrape_path + 'm';
  const std::string longest_token(1024, 't');
  const std::string token_too_long = longest_token + 't';
  const std::string longest_path(4096, '/');
  const std::string path_too_long = longest_path + '/';
  const std::string longest_key_id = std::string(256, 'k') + " HS256 /a";
  const std::string key_id_too_long = 'k' + longest_key_id;
  std::string hundred_names;
  std::string hundred_keys;
  for (int i = 0; i < 100; ++i) {
    hundred_names += (i == 0 ? "h" : ", h") + std::to_string(i);
    hundred_keys += (i == 0 ? "k" : ", k") + std::to_string(i) + " HS256 /a";
  }
  const std::string one_name_more = hundred_names + ", x";
  const std::string one_key_more = hundred_keys + ", x HS256 /a";
  for (const Case& c : {Case{"server.port", "0", "-1"},
                        Case{"server.port", "65535", "65536"},
                        Case{"server.max_connections", "1", "0"},
                        Case{"server.max_connections", "65536", "65537"},
                        Case{"server.read_timeout", "1ms", "0ms"},
                        Case{"server.read_timeout", "1h", "1h1ms"},
                        Case{"server.write_timeout", "1ms", "0ms"},
                        Case{"server.write_timeout", "1h", "1h1ms"},
                        Case{"server.idle_timeout", "1ms", "0ms"},
                        Case{"server.idle_timeout", "1h", "1h1ms"},
                        Case{"server.shutdown_timeout", "0ms", "-1ms"},
                        Case{"server.shutdown_timeout", "1h", "1h1ms"},
                        Case{"logging.slow_query", "off", "never"},
                        Case{"logging.slow_query", "1d", "1d1ms"},
                        Case{"logging.level", "debug", "trace"},
                        Case{"logging.format", "text", "xml"},
                        Case{"server.host", longest_host.c_str(), host_too_long.c_str()},
                        Case{"server.host", "::1", ""},
                        Case{"server.host", "localhost", "a b"},
                        Case{"storage.url", longest_url.c_str(), url_too_long.c_str()},
                        Case{"storage.url", "memory:", "metrics.db"},
                        Case{"server.host_names", "a, b", "a:80"},
                        Case{"server.host_names", hundred_names.c_str(), one_name_more.c_str()},
                        Case{"auth.enabled", "true", "yes"},
                        Case{"auth.algorithm", "ES256", "none"},
                        Case{"auth.algorithm", "HS512", "hs512"},
                        Case{"auth.jwt_secret", secret.c_str(), secret.c_str() + 1},
                        Case{"auth.jwt_secret", longest_secret.c_str(), secret_too_long.c_str()},
                        Case{"auth.jwt_secret_file", longest_path.c_str(), path_too_long.c_str()},
                        Case{"auth.issuer", "https://id.example", "a\nb"},
                        Case{"auth.leeway", "1m", "1m1ms"},
                        Case{"auth.keys", hundred_keys.c_str(), one_key_more.c_str()},
                        Case{"auth.keys", "k HS256 /a b", "k HS256"},
                        Case{"auth.keys", "k HS256 /a, l ES256 /a", "k HS256 /a, k ES256 /b"},
                        Case{"auth.keys", longest_key_id.c_str(), key_id_too_long.c_str()},
                        Case{"auth.keys", "", "k none /a"},
                        Case{"auth.keys", "k HS256 /a", "k HS256 /a,,l HS256 /b"},
                        Case{"metrics.enabled", "true", "on"},
                        Case{"metrics.path", longest_scrape_path.c_str(), scrape_path_too_long.c_str()},
                        Case{"metrics.path", "/m", "/"},
                        Case{"metrics.path", "/internal/m-1.x_~", "/in ternal"},
                        Case{"metrics.path", "/metrics/v1", "/{name}"},
                        Case{"metrics.path", "/apis", "/api/v1/write"},
                        Case{"metrics.path", "/healthzz", "/healthz"},
                        Case{"metrics.path", "/a/b", "/a/b/"},
                        Case{"metrics.token", "sixteen-letters!", "fifteen-letters"},
                        Case{"metrics.token", "sixteen-letters!", "sixteen letters!"},
                        Case{"metrics.token", longest_token.c_str(), token_too_long.c_str()},
                        Case{"metrics.token", "", "\xc3\xbc-not-of-ascii-letters"},
                        Case{"metrics.max_tenants", "0", "-1"},
                        Case{"metrics.max_tenants", "10000", "10001"},
                        Case{"batch_write.max_batch_size", "10000000", "10000001"}}) {
    Config config;
    const Option* option = find_option(c.name);
    ASSERT_NE(option, nullptr) << c.name;
    EXPECT_NO_THROW(option->set(config, *option, c.fits)) << c.name << " " << c.fits;
    EXPECT_THROW(option->set(config, *option, c.too_much), ConfigError) << c.name << " " << c.too_much;
  }
}

TEST(Yaml, IsOverriddenByTheEnvironmentAndThatByFlags) {
  Config config = from_yaml("server: {port: 1, max_connections: 2, host: localhost}");
  EXPECT_EQ(config.server.port, 1);
  apply_environment({{"LUMINATE_SERVER_PORT", "3"}}, config);
  EXPECT_EQ(config.server.port, 3);
  EXPECT_EQ(config.server.max_connections, 2u);

  Sources sources;
  sources.environment = {{"LUMINATE_SERVER_PORT", "3"}, {"LUMINATE_SERVER_HOST", "::1"}};
  sources.flags = {{"server.port", "4"}};
  config = load(sources);
  EXPECT_EQ(config.server.port, 4);
  EXPECT_EQ(config.server.host, "::1");
}

TEST(Yaml, MayBeEmptyOrHoldSectionsWithoutKeys) {
  EXPECT_EQ(yaml_error(""), "");
  EXPECT_EQ(yaml_error("# nothing\n"), "");
  EXPECT_EQ(yaml_error("---\n"), "");
  EXPECT_EQ(yaml_error("server:\n  # port: 1\nstorage: {}\n"), "");
}

TEST(Yaml, NamesLineAndNearestForUnknownNames) {
  EXPECT_EQ(yaml_error("server:\n  host: ::1\n  prot: 80\n"),
            "test.yaml, line 3: unknown key server.prot; the nearest is server.port");
  EXPECT_EQ(yaml_error("\n\nsever:\n  port: 80\n"), "test.yaml, line 3: unknown section sever; the nearest is server");
  EXPECT_EQ(yaml_error("server:\n  level: debug\n"),
            "test.yaml, line 2: unknown key server.level; the nearest is logging.level");
  EXPECT_EQ(yaml_error("batch_write:\n  max_batchsize: 5\n"),
            "test.yaml, line 2: unknown key batch_write.max_batchsize; the nearest is batch_write.max_batch_size");
  EXPECT_EQ(yaml_error("port: 80\n"), "test.yaml, line 1: unknown section port; the nearest is server.port");
}

TEST(Yaml, TakesGroupsOfKeysInsideOfSections) {
  const char* const text = "server:\n  tls:\n    cert_file: ${DIR}/a.pem\n    key_file: a.key\n  port: 1\n";
  const Config config = from_yaml(text, {{"DIR", "/etc"}});
  EXPECT_EQ(get(config, "server.tls.cert_file"), "/etc/a.pem");
  EXPECT_EQ(get(config, "server.tls.key_file"), "a.key");
  EXPECT_EQ(get(config, "server.port"), "1");
  EXPECT_EQ(yaml_error("server:\n  tls:\n  port: 1\n"), "");
}

TEST(Yaml, NamesWhatIsWrongInAGroupOfKeys) {
  EXPECT_EQ(yaml_error("server:\n  tls:\n    port: 1\n    certfile: x\n"),
            "test.yaml, line 3: unknown key server.tls.port; the nearest is server.port");
  EXPECT_EQ(yaml_error("server:\n  tls:\n    cert_file: x\n    certfile: x\n"),
            "test.yaml, line 4: unknown key server.tls.certfile; the nearest is server.tls.cert_file");
  EXPECT_EQ(yaml_error("server:\n  tls: on\n"),
            "test.yaml, line 2: server.tls is a group: its keys stand on lines of their own below it, indented");
  EXPECT_EQ(yaml_error("server:\n  tls:\n    cert_file: [a]\n"),
            "test.yaml, line 3: server.tls.cert_file must be a single value, not a list");
  EXPECT_EQ(yaml_error("server:\n  cert_file: x\n"),
            "test.yaml, line 2: unknown key server.cert_file; the nearest is server.tls.cert_file");
  EXPECT_EQ(yaml_error("tls:\n  cert_file: x\n"), "test.yaml, line 1: unknown section tls; the nearest is server.tls");
  EXPECT_EQ(
      yaml_error("server:\n  tls.key_file: a\n"),
      "test.yaml, line 2: expected a key without dots and found 'tls.key_file'; write what stands after the dot as "
      "a key below 'tls:'");
  EXPECT_NE(yaml_error("server:\n  tls:\n    key_file: a\n    key_file: b\n").find("stands on line 3 already"),
            std::string::npos);
}

TEST(Yaml, TakesKeysAsAGroup) {
  const Config config = from_yaml(
      "auth:\n  keys:\n    2026-01: RS256 /etc/one.pem\n    \"https://id/two=\": HS256 ${DIR}/b c\n  leeway: 5s\n",
      {{"DIR", "/run"}});
  EXPECT_EQ(get(config, "auth.keys"), "2026-01 RS256 /etc/one.pem, https://id/two= HS256 /run/b c");
  EXPECT_EQ(get(config, "auth.leeway"), "5s");
  EXPECT_EQ(get(from_yaml("auth: {keys: {}}"), "auth.keys"), "");
}

TEST(Yaml, RefusesOtherGroupsOfKeys) {
  EXPECT_EQ(yaml_error("auth:\n  keys: {a: HS256 /a, b: [x]}\n"),
            "test.yaml, line 2: auth.keys.b must be a single value");
  EXPECT_EQ(yaml_error("auth:\n  keys: {a: {b: c}}\n"), "test.yaml, line 2: auth.keys.a must be a single value");
  EXPECT_EQ(yaml_error("auth:\n  keys: [a]\n"), "test.yaml, line 2: auth.keys must be a single value, not a list");
  EXPECT_EQ(yaml_error("auth:\n  keys:\n    a: HS256 /a\n    a: HS256 /b\n"),
            "test.yaml, line 4: auth.keys.a stands on line 3 already; keep one of the two");
  EXPECT_EQ(
      yaml_error("auth:\n  keys: {a: RS128 /a}\n"),
      "test.yaml, line 2: auth.keys must say for the key 'a' one of HS256, HS384, HS512, RS256, ES256, EdDSA, and "
      "then the file that holds it");
}

TEST(Yaml, TakesRetentionPoliciesAsAList) {
  const Config config = from_yaml(
      "retention:\n"
      "  policies:\n"
      "    - metric_pattern: debug_*\n"
      "      retention: 7d\n"
      "    - {retention: \"${KEEP}\", metric_pattern: \"*_total\"}\n"
      "    - {metric_pattern: audit, retention: off}\n"
      "  cleanup_interval: 5m\n"
      "logging: {level: error}\n",
      {{"KEEP", "1h30m"}});
  EXPECT_EQ(get(config, "retention.policies"), "debug_* 7d, *_total 1h30m, audit off");
  EXPECT_EQ(config.store.retention.policies.size(), 3u);
  EXPECT_EQ(get(config, "retention.cleanup_interval"), "5m");
  EXPECT_EQ(get(config, "logging.level"), "error");
  EXPECT_EQ(get(from_yaml("retention: {policies: []}"), "retention.policies"), "");
  EXPECT_EQ(get(from_yaml("retention: {policies: \"debug_* 7d, m off\"}"), "retention.policies"), "debug_* 7d, m off");
}

TEST(Yaml, RefusesOtherListsOfRetentionPolicies) {
  const auto error = [](const std::string& policies) {
    return yaml_error("retention:\n  policies: " + policies + '\n');
  };
  const std::string at = "test.yaml, line 2: retention.policies";
  EXPECT_EQ(error("[debug]"), at + "[0] must be a group of metric_pattern and retention");
  EXPECT_EQ(error("[[{metric_pattern: m, retention: 7d}]]"),
            at + "[0] must be a group of metric_pattern and retention");
  EXPECT_EQ(error("[{metric_pattern: m, retention: 7d}, {metric_pattern: n}]"), at + "[1] lacks retention");
  EXPECT_EQ(error("[{}]"), at + "[0] lacks metric_pattern");
  EXPECT_EQ(error("[{metric_patern: m, retention: 7d}]"),
            "test.yaml, line 2: unknown key retention.policies[0].metric_patern; the nearest is "
            "retention.policies[0].metric_pattern");
  EXPECT_EQ(error("[{metric_pattern: m, metric_pattern: n, retention: 7d}]"),
            at + "[0].metric_pattern stands on line 2 already; keep one of the two");
  for (const char* value : {"a b", "\"a 7d, b\"", "[a]", "{a: b}", "\"\"", ""}) {
    EXPECT_EQ(
        error("[{metric_pattern: " + std::string(value) + ", retention: 7d}, {metric_pattern: n, retention: 7d}]"),
        at + "[0].metric_pattern must be a single word")
        << value;
  }
  EXPECT_NE(error("[{metric_pattern: m, retention: 0s}]").find("is no policy"), std::string::npos);
  EXPECT_NE(error("[{metric_pattern: m, retention: 7d}, {metric_pattern: m, retention: 8d}]").find("two policies"),
            std::string::npos);
  EXPECT_EQ(error("{debug_*: 7d}"), at + " must be a single value, not a group");
  EXPECT_NE(error("[{metric_pattern: *_total, retention: 7d}]").find("put quotes around"), std::string::npos);
}

TEST(Load, NeverQuotesASecret) {
  for (const char* text :
       {"auth: {jwt_secret: hush-hush}", "auth: {keys: k hush-hush}", "auth: {keys: {k: hush-hush}}"}) {
    const std::string message = yaml_error(text);
    EXPECT_NE(message, "") << text;
    EXPECT_EQ(message.find("hush"), std::string::npos) << message;
  }
}

TEST(Yaml, RefusesRepeatedSectionsAndKeys) {
  EXPECT_EQ(yaml_error("server:\n  port: 1\n  port: 2\n"),
            "test.yaml, line 3: server.port stands on line 2 already; keep one of the two");
  EXPECT_EQ(yaml_error("server:\n  port: 1\nlogging:\nserver:\n  host: ::1\n"),
            "test.yaml, line 4: server stands on line 1 already; keep one of the two");
}

TEST(Yaml, RefusesOtherShapes) {
  EXPECT_EQ(yaml_error("server:\n  port: [1]\n"), "test.yaml, line 2: server.port must be a single value, not a list");
  EXPECT_EQ(yaml_error("server:\n  port: {a: 1}\n"),
            "test.yaml, line 2: server.port must be a single value, not a group");
  EXPECT_EQ(yaml_error("server:\n  port:\n"), "test.yaml, line 2: server.port must be a single value, not nothing");
  EXPECT_NE(yaml_error("server: 1").find("server is a section"), std::string::npos);
  EXPECT_NE(yaml_error("server: [1]").find("server is a section"), std::string::npos);
  EXPECT_NE(yaml_error("server.port: 1").find("expected a section and found 'server.port'"), std::string::npos);
  EXPECT_NE(yaml_error("- 1").find("found a list"), std::string::npos);
  EXPECT_NE(yaml_error("1").find("found a single value"), std::string::npos);
  EXPECT_NE(yaml_error("? {a: b}\n: 1").find("a key must be a name"), std::string::npos);
  EXPECT_NE(yaml_error("server: &x {port: 1}\nlogging: *x").find("line 2: aliases"), std::string::npos);
  EXPECT_NE(yaml_error("server:\n---\nserver:\n").find("second document"), std::string::npos);
}

TEST(Yaml, NamesTheLineOfBrokenSyntax) {
  EXPECT_EQ(yaml_error("server:\n  port: 1\n bad\n").substr(0, 26), "test.yaml, line 3: not YAM");
  EXPECT_NE(yaml_error("server:\n  port: 'x\n"), "");
  EXPECT_NE(yaml_error("server:\n\tport: 1\n").find("line 2: not YAML"), std::string::npos);
}

TEST(Yaml, IsLimitedInSize) {
  std::string text = "#";
  text.resize(kMaxFileBytes, ' ');
  EXPECT_EQ(yaml_error(text), "");
  EXPECT_NE(yaml_error(text + ' ').find("1048577 bytes"), std::string::npos);
}

TEST(Yaml, IsLimitedInDepth) {
  const auto nested = [](int depth) {  // The file and its section are two levels.
    return "metrics: " + std::string(static_cast<std::size_t>(depth) - 1, '[') +
           std::string(static_cast<std::size_t>(depth) - 1, ']');
  };
  EXPECT_EQ(yaml_error(nested(kMaxFileDepth)),
            "test.yaml, line 1: metrics is a section: its keys stand on lines of their own below it, indented");
  EXPECT_NE(yaml_error(nested(kMaxFileDepth + 1)).find("deeper than 16 levels"), std::string::npos);
  EXPECT_NE(yaml_error("metrics: " + std::string(kMaxFileBytes - 20, '[')).find("deeper than 16 levels"),
            std::string::npos);
}

TEST(Yaml, NamesTheLineOfAWrongValue) {
  EXPECT_EQ(yaml_error("server:\n  port: eighty\n"),
            "test.yaml, line 2: server.port must be a whole number from 0 to 65535, not 'eighty'");
  EXPECT_EQ(yaml_error("query_limits:\n  max_result_points: 0\n"),
            "test.yaml, line 2: query_limits.max_result_points must be a whole number from 1 to 100000000, not '0'");
}

TEST(Substitution, PutsVariablesIntoValues) {
  const Environment environment{{"DIR", "/data"}, {"EMPTY", ""}, {"SNEAKY", "${DIR}"}};
  const auto url = [&](const std::string& text) {
    return from_yaml("storage:\n  url: '" + text + "'\n", environment).storage_url;
  };
  EXPECT_EQ(url("sqlite:${DIR}/a.db"), "sqlite:/data/a.db");
  EXPECT_EQ(url("sqlite:${DIR}${DIR}"), "sqlite:/data/data");
  EXPECT_EQ(url("sqlite:${NONE:-/tmp}/a.db"), "sqlite:/tmp/a.db");
  EXPECT_EQ(url("sqlite:${EMPTY:-/tmp}/a.db"), "sqlite:/tmp/a.db");
  EXPECT_EQ(url("sqlite:a${EMPTY}b"), "sqlite:ab");
  EXPECT_EQ(url("sqlite:${NONE:-}x"), "sqlite:x");
  EXPECT_EQ(url("sqlite:$${DIR}"), "sqlite:${DIR}");
  EXPECT_EQ(url("sqlite:$DIR$"), "sqlite:$DIR$");
  EXPECT_EQ(url("sqlite:${SNEAKY}"), "sqlite:${DIR}");
}

TEST(Substitution, CannotChangeTheShapeOfTheFile) {
  EXPECT_THROW(from_yaml("server:\n  host: ${H}\n", {{"H", "::1\n  port: 1"}}), ConfigError);
}

TEST(Substitution, NamesVariableAndLineWhenItCannot) {
  EXPECT_EQ(yaml_error("server:\n  host: ${NONE}\n"),
            "test.yaml, line 2: the environment variable NONE is not set; set it, or write ${NONE:-default}");
  EXPECT_NE(yaml_error("server:\n  host: ${NONE\n").find("line 2: '${' without a closing brace"), std::string::npos);
  EXPECT_NE(yaml_error("server:\n  host: '${}'\n").find("is no substitution"), std::string::npos);
  EXPECT_NE(yaml_error("server:\n  host: '${1A}'\n").find("is no substitution"), std::string::npos);
  EXPECT_NE(yaml_error("server:\n  host: '${A-b}'\n").find("is no substitution"), std::string::npos);
  EXPECT_NE(yaml_error("server:\n  host: '${A:-${B}}'\n").find("do not nest"), std::string::npos);
}

TEST(Environment, NamesTheNearestForAnUnknownVariable) {
  EXPECT_EQ(environment_error({{"LUMINATE_SERVER_PROT", "1"}}),
            "environment: unknown variable LUMINATE_SERVER_PROT; the nearest is LUMINATE_SERVER_PORT");
  EXPECT_EQ(environment_error({{"LUMINATE_SERVER_PORT", "x"}}),
            "environment, LUMINATE_SERVER_PORT: server.port must be a whole number from 0 to 65535, not 'x'");
}

TEST(Environment, PassesOverWhatIsNotItsOwn) {
  EXPECT_EQ(
      environment_error(
          {{"PATH", "/bin"}, {"LUMINATE_TEST_URL", "x"}, {"LUMINATE_LIBRARY", "x"}, {"luminate_server_port", "x"}}),
      "");
  // What Kubernetes sets beside a service that is called "luminate".
  EXPECT_EQ(environment_error({{"LUMINATE_PORT", "tcp://10.0.0.1:80"},
                               {"LUMINATE_PORT_80_TCP_ADDR", "10.0.0.1"},
                               {"LUMINATE_SERVICE_HOST", "10.0.0.1"}}),
            "");
}

TEST(Load, SaysWhichFileCannotBeRead) {
  Sources sources;
  sources.file = "/nonexistent/luminate.yaml";
  try {
    load(sources);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "cannot read /nonexistent/luminate.yaml: No such file or directory");
  }
  sources.file = "/";
  EXPECT_THROW(load(sources), ConfigError);
}

TEST(Load, NamesTheFlagOfAWrongValue) {
  Sources sources;
  sources.flags = {{"logging.level", "loud"}};
  try {
    load(sources);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "--log-level: logging.level must be one of debug, info, warning, error, not 'loud'");
  }
}

TEST(Load, KeepsMessagesOnOneLine) {
  const std::string message = yaml_error("server:\n  host: \"a\\nb\\e[31m\"\n");
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_FALSE(message.empty());
  EXPECT_EQ(get(Config(), "server.host"), "127.0.0.1");
}

}  // namespace
}  // namespace luminate::server::config
