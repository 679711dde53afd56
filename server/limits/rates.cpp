#include "server/limits/rates.hpp"

#include <algorithm>

namespace luminate::server::limits {

std::string_view name_of(Limit limit) noexcept {
  switch (limit) {
    case Limit::none:
      return "";
    case Limit::write_requests:
      return "write_requests";
    case Limit::query_requests:
      return "query_requests";
    case Limit::points:
      return "points";
    case Limit::concurrent_queries:
      return "concurrent_queries";
  }
  return "";
}

std::string_view key_of(Limit limit) noexcept {
  switch (limit) {
    case Limit::none:
      return "";
    case Limit::write_requests:
      return "write_requests_per_second";
    case Limit::query_requests:
      return "query_requests_per_second";
    case Limit::points:
      return "metrics_per_second";
    case Limit::concurrent_queries:
      return "concurrent_queries";
  }
  return "";
}

const Rates& TenantRates::of(std::string_view tenant) const {
  const auto found = named.find(tenant);
  return found == named.end() ? others : found->second;
}

bool TenantRates::unlimited() const {
  return others == Rates{} &&
         std::all_of(named.begin(), named.end(), [](const auto& entry) { return entry.second == Rates{}; });
}

}  // namespace luminate::server::limits
