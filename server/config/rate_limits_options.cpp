#include <array>

#include "server/config/option_values.hpp"
#include "server/config/sections.hpp"

namespace luminate::server::config {
namespace {

template <auto Field>
constexpr Option rate(std::string_view name, std::string_view meaning) {
  return {name,
          "auto",
          meaning,
          "",
          [](Config& config, const Option& option, std::string_view value) {
            try {
              config.rate_limits.others.*Field = parse_rate(value);
            } catch (const ConfigError& error) {
              throw ConfigError(std::string(option.name) + ' ' + error.what());
            }
          },
          [](const Config& config, const Option&) { return format_rate(config.rate_limits.others.*Field); }};
}

constexpr std::array kOptions{
    rate<&RateSettings::write_requests>(
        "rate_limits.write_requests_per_second",
        "writes a second of each tenant, or off; auto is 100 while auth.enabled is true, else off"),
    rate<&RateSettings::query_requests>(
        "rate_limits.query_requests_per_second",
        "queries and listings a second of each tenant, or off; auto is 50 while auth.enabled is true, else off"),
    rate<&RateSettings::points>(
        "rate_limits.metrics_per_second",
        "points a second of each tenant, or off; auto is 10000 while auth.enabled is true, else off"),
    rate<&RateSettings::concurrent_queries>(
        "rate_limits.concurrent_queries",
        "queries and listings at once of each tenant, or off; auto is 10 while auth.enabled is true, else off"),
    Option{"rate_limits.tenants", "",
           "tenants with limits of their own: a group of TENANT: a group of the keys above, or TENANT KEY=VALUE "
           "KEY=VALUE, TENANT ... on one line; auto is what others have",
           "",
           [](Config& config, const Option& option, std::string_view value) {
             try {
               config.rate_limits.tenants = parse_tenant_rates(value);
             } catch (const ConfigError& error) {
               throw ConfigError(std::string(option.name) + ' ' + error.what());
             }
           },
           [](const Config& config, const Option&) { return format_tenant_rates(config.rate_limits.tenants); },
           Option::Kind::table},
};

}  // namespace

std::span<const Option> rate_limits_options() {
  return kOptions;
}

}  // namespace luminate::server::config
