#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace luminate::server::limits {

/// What a request is counted as. The first is what a route has that says nothing: nobody asks for free.
enum class Cost : std::uint8_t {
  query,  ///< A query request, and a place among the concurrent queries until its answer has been sent.
  write,  ///< A write request, and the points that it sends.
  none,   ///< Nothing: it is never refused.
};

/// What a tenant may run out of.
enum class Limit : std::uint8_t { none, write_requests, query_requests, points, concurrent_queries };

/// "write_requests", "query_requests", "points", "concurrent_queries"; empty for none. A literal.
std::string_view name_of(Limit limit) noexcept;
/// What the limit is called in the configuration: "write_requests_per_second". A literal.
std::string_view key_of(Limit limit) noexcept;

/// The largest rate there is; a tenant that should have more has no limit.
inline constexpr std::uint64_t kMaxRate = 1'000'000'000;

/// How much a tenant may do. Nothing: as much as it likes. Rates are per second, from 1 to kMaxRate.
struct Rates {
  std::optional<std::uint64_t> write_requests{};
  std::optional<std::uint64_t> query_requests{};
  std::optional<std::uint64_t> points{};
  std::optional<std::uint64_t> concurrent_queries{};

  bool operator==(const Rates&) const = default;
};

/// How much each tenant may do.
struct TenantRates {
  Rates others{};  ///< Of all that are not named.
  std::map<std::string, Rates, std::less<>> named{};

  const Rates& of(std::string_view tenant) const;
  /// Whether nobody has any limit.
  bool unlimited() const;
};

}  // namespace luminate::server::limits
