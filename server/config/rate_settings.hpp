#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config_error.hpp"
#include "server/limits/rates.hpp"

namespace luminate::server::config {

/// What a key of section `rate_limits` says: a number, `off`, or `auto`.
struct RateSetting {
  enum class Kind : std::uint8_t {
    automatic,  ///< The default while there is authentication, else no limit; for one tenant: what others have.
    off,        ///< No limit.
    rate,
  };
  Kind kind = Kind::automatic;
  std::uint64_t rate = 0;  ///< 1 to limits::kMaxRate.

  bool operator==(const RateSetting&) const = default;
};

struct RateSettings {
  RateSetting write_requests{};
  RateSetting query_requests{};
  RateSetting points{};
  RateSetting concurrent_queries{};

  bool operator==(const RateSettings&) const = default;
};

/// What one tenant has that is not what others have.
struct TenantRateSettings {
  std::string tenant;
  RateSettings settings{};
};

inline constexpr limits::Rates kDefaultRates{100, 50, 10'000, 10};
inline constexpr std::size_t kMaxRateTenants = 10'000;

/// @throws ConfigError that goes on from the option's name: "must be ...".
RateSetting parse_rate(std::string_view text);
std::string format_rate(const RateSetting& setting);

/// Reads "acme metrics_per_second=50000 concurrent_queries=off, "a name, with a comma" ...". In quotes a backslash
/// stands before what would end them, and before itself. @throws ConfigError that goes on from the option's name.
std::vector<TenantRateSettings> parse_tenant_rates(std::string_view text);
/// The same backwards.
std::string format_tenant_rates(const std::vector<TenantRateSettings>& tenants);

/// A name as parse_tenant_rates() reads it, whatever it holds.
std::string quote_name(std::string_view name);

/// What holds for whom. @param by_default whether there are limits where nothing else is said.
limits::TenantRates make_rates(const RateSettings& others, const std::vector<TenantRateSettings>& tenants,
                               bool by_default);

}  // namespace luminate::server::config
