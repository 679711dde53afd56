#include "server/config/rate_settings.hpp"

#include <gtest/gtest.h>

#include <string>

#include "server/config/loader.hpp"
#include "server/config/options.hpp"

namespace luminate::server::config {
namespace {

using limits::Rates;

Config::RateLimits from_yaml(const std::string& text, const Environment& environment = {}) {
  Config config;
  apply_yaml("rate_limits:\n" + text, "test.yaml", environment, config);
  return config.rate_limits;
}

std::string yaml_error(const std::string& text) {
  try {
    from_yaml(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string parse_error(const std::string& text) {
  try {
    parse_tenant_rates(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

limits::TenantRates rates_of(const Config::RateLimits& settings, bool by_default) {
  return make_rates(settings.others, settings.tenants, by_default);
}

TEST(RateSettings, LimitEverybodyOnlyWhereThereIsAuthentication) {
  const Config config;
  EXPECT_EQ(rates_of(config.rate_limits, true).others, (Rates{100, 50, 10'000, 10}));
  EXPECT_TRUE(rates_of(config.rate_limits, false).unlimited());
}

TEST(RateSettings, HoldWhatIsSetWithAuthenticationAndWithout) {
  const auto settings = from_yaml("  write_requests_per_second: 7\n  metrics_per_second: off\n");
  EXPECT_EQ(rates_of(settings, true).others, (Rates{7, 50, {}, 10}));
  EXPECT_EQ(rates_of(settings, false).others, (Rates{7, {}, {}, {}}));
}

TEST(RateSettings, GiveATenantWhatOthersHaveButForWhatIsItsOwn) {
  const auto settings = from_yaml(
      "  query_requests_per_second: 5\n"
      "  tenants:\n"
      "    acme:\n"
      "      metrics_per_second: ${RATE}\n"
      "      query_requests_per_second: auto\n"
      "    \"a \\\"b\\\", c\\\\\": {concurrent_queries: off}\n"
      "    one.line: write_requests_per_second=1 concurrent_queries=2\n"
      "    nothing:\n",
      {{"RATE", "50000"}});
  const auto rates = rates_of(settings, true);
  EXPECT_EQ(rates.named.size(), 4u);
  EXPECT_EQ(rates.of("acme"), (Rates{100, 5, 50'000, 10}));
  EXPECT_EQ(rates.of("a \"b\", c\\"), (Rates{100, 5, 10'000, {}}));
  EXPECT_EQ(rates.of("one.line"), (Rates{1, 5, 10'000, 2}));
  EXPECT_EQ(rates.of("nothing"), rates.others);
  EXPECT_EQ(rates.of("somebody"), rates.others);
}

TEST(RateSettings, AreReadFromOneLine) {
  const auto tenants = parse_tenant_rates(
      R"(acme metrics_per_second=50000  concurrent_queries=off ,"a, \"b\" \\" write_requests_per_second=2, c)");
  ASSERT_EQ(tenants.size(), 3u);
  EXPECT_EQ(tenants[0].tenant, "acme");
  EXPECT_EQ(format_rate(tenants[0].settings.points), "50000");
  EXPECT_EQ(format_rate(tenants[0].settings.concurrent_queries), "off");
  EXPECT_EQ(format_rate(tenants[0].settings.write_requests), "auto");
  EXPECT_EQ(tenants[1].tenant, "a, \"b\" \\");
  EXPECT_EQ(format_rate(tenants[1].settings.write_requests), "2");
  EXPECT_EQ(tenants[2].settings, RateSettings{});
  EXPECT_TRUE(parse_tenant_rates("  ").empty());

  const std::string again = format_tenant_rates(tenants);
  EXPECT_EQ(format_tenant_rates(parse_tenant_rates(again)), again);
  EXPECT_EQ(again,
            R"(acme metrics_per_second=50000 concurrent_queries=off, "a, \"b\" \\" write_requests_per_second=2, c)");
}

TEST(RateSettings, GoFromOneToAThousandMillion) {
  EXPECT_EQ(parse_rate("1").rate, 1u);
  EXPECT_EQ(parse_rate("1000000000").rate, 1'000'000'000u);
  for (const char* wrong : {"0", "1000000001", "-1", "1.5", "1e3", "", " 1", "99999999999999999999", "on", "Off"}) {
    EXPECT_THROW(parse_rate(wrong), ConfigError) << wrong;
  }
  EXPECT_EQ(yaml_error("  metrics_per_second: 0\n"),
            "test.yaml, line 2: rate_limits.metrics_per_second must be a whole number from 1 to 1000000000, off or "
            "auto, not '0'");
}

TEST(RateSettings, AreForTenThousandTenantsAtMost) {
  std::string text = "t0";
  for (std::size_t i = 1; i < kMaxRateTenants; ++i) text += ", t" + std::to_string(i);
  EXPECT_EQ(parse_tenant_rates(text).size(), kMaxRateTenants);
  EXPECT_EQ(parse_error(text + ", one_more"), "has more than 10000 tenants");
}

TEST(RateSettings, SayWhatIsWrong) {
  EXPECT_EQ(parse_error("acme metrics_per_secnd=5"),
            "has the unknown key 'metrics_per_secnd' for the tenant 'acme'; the nearest is metrics_per_second");
  EXPECT_EQ(parse_error("acme 5"), "has '5' for the tenant 'acme'; write it as metrics_per_second=50000");
  EXPECT_EQ(parse_error("acme concurrent_queries=many"),
            "has concurrent_queries for the tenant 'acme', which must be a whole number from 1 to 1000000000, off or "
            "auto, not 'many'");
  EXPECT_EQ(parse_error("acme, acme"), "has the tenant 'acme' twice");
  EXPECT_EQ(parse_error("\"acme"), "has a tenant whose quotes do not end: '\"acme'");
  EXPECT_EQ(parse_error("\"acme\\"), "has a tenant whose quotes do not end: '\"acme\\'");
  EXPECT_NE(parse_error("acme,"), "");
  EXPECT_NE(parse_error(",acme"), "");
  EXPECT_NE(parse_error("\"\" metrics_per_second=1"), "");
  EXPECT_NE(parse_error("\"" + std::string(257, 'x') + "\""), "");
  EXPECT_EQ(parse_error("\"" + std::string(256, 'x') + "\""), "");

  EXPECT_EQ(yaml_error("  tenants:\n    acme:\n      metric_per_second: 5\n"),
            "test.yaml, line 2: rate_limits.tenants has the unknown key 'metric_per_second' for the tenant 'acme'; the "
            "nearest is metrics_per_second");
  EXPECT_EQ(yaml_error("  tenants: [acme]\n"),
            "test.yaml, line 2: rate_limits.tenants must be a single value, not a list");
  EXPECT_EQ(yaml_error("  tenants:\n    acme: [5]\n"),
            "test.yaml, line 2: rate_limits.tenants.acme must be a group of names and values");
  EXPECT_EQ(yaml_error("  tenants:\n    acme:\n      metrics_per_second: {a: 5}\n"),
            "test.yaml, line 2: rate_limits.tenants.acme.metrics_per_second must be a single value");
  EXPECT_EQ(yaml_error("  tenants:\n    acme:\n      metrics_per_second: '5, b'\n"),
            "test.yaml, line 2: rate_limits.tenants.acme.metrics_per_second must be a single word");
  EXPECT_EQ(yaml_error("  tenants:\n    acme: {metrics_per_second: 5}\n    acme: {metrics_per_second: 6}\n"),
            "test.yaml, line 4: rate_limits.tenants.acme stands on line 3 already; keep one of the two");
  EXPECT_EQ(yaml_error("  tenants:\n    a: {metrics_per_second: 5, metrics_per_second: 6}\n"),
            "test.yaml, line 3: rate_limits.tenants.a.metrics_per_second stands on line 3 already; keep one of the "
            "two");
  EXPECT_EQ(yaml_error("  writes: 5\n"),
            "test.yaml, line 2: unknown key rate_limits.writes; the nearest is rate_limits.tenants");
}

}  // namespace
}  // namespace luminate::server::config
