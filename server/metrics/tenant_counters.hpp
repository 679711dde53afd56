#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>

namespace luminate::server::metrics {

/// The label of tenants that have none of their own.
inline constexpr std::string_view kOtherTenants = "_other";

/// Which scope a request needed.
enum class Use { none, read, write, admin };

/// What is counted for each tenant by itself. Whoever has tokens made for many tenants must not fill the memory of this
/// server, nor of Prometheus: only the first ones that are seen have a label of their own. Any thread.
class TenantCounters {
 public:
  /// @param max_tenants with a label of their own, beside the space without a tenant, whose label is "".
  TenantCounters(prometheus::Registry& registry, std::size_t max_tenants);

  struct Counters {
    std::string label;
    std::array<prometheus::Counter*, 3> requests{};  ///< By Use, from Use::read on.
    prometheus::Counter* ingested = nullptr;
  };

  /// Those of a tenant, which live as long as this. @throws std::bad_alloc
  const Counters& of(std::string_view tenant);

  // Rare enough to look them up each time.
  void add_rejected(const Counters& tenant, std::string_view reason, double points);
  void add_limited(const Counters& tenant, std::string_view limit);

 private:
  std::unique_ptr<const Counters> make(std::string_view label);

  const std::size_t max_tenants_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& ingested_;
  prometheus::Family<prometheus::Counter>& rejected_;
  prometheus::Family<prometheus::Counter>& limited_;
  const std::unique_ptr<const Counters> nobody_;  ///< The space without a tenant.
  const std::unique_ptr<const Counters> others_;
  std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<const Counters>, std::less<>> tenants_;  // Guarded by mutex_.
};

}  // namespace luminate::server::metrics
