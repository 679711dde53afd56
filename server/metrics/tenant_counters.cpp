#include "server/metrics/tenant_counters.hpp"

#include <mutex>

namespace luminate::server::metrics {
namespace {

constexpr std::array<const char*, 3> kUses{"read", "write", "admin"};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

}  // namespace

TenantCounters::TenantCounters(prometheus::Registry& registry, std::size_t max_tenants)
    : max_tenants_(max_tenants),
      requests_(counters(registry, "luminate_tenant_requests_total",
                         "Requests of a tenant that were let in or lacked a scope, by the scope that they need")),
      ingested_(counters(registry, "luminate_points_ingested_total", "Points that were stored")),
      rejected_(counters(registry, "luminate_points_rejected_total",
                         "Points that were refused, by the error code that the client got")),
      limited_(counters(registry, "luminate_rate_limit_rejected_total",
                        "Requests that were refused with 429, by the limit that they would have exceeded")),
      nobody_(make("")),
      others_(make(kOtherTenants)) {
  // Whoever watches for the first one needs a zero before it.
  for (const Counters* const counters : {nobody_.get(), others_.get()}) {
    add_rejected(*counters, "CARDINALITY_EXCEEDED", 0);
    limited_.Add({{"tenant", counters->label}, {"limit", "write_requests"}});
  }
}

const TenantCounters::Counters& TenantCounters::of(std::string_view tenant) {
  if (tenant.empty()) return *nobody_;
  if (tenant == kOtherTenants) return *others_;
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = tenants_.find(tenant); found != tenants_.end()) return *found->second;
    if (tenants_.size() >= max_tenants_) return *others_;
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = tenants_.find(tenant); found != tenants_.end()) return *found->second;
  if (tenants_.size() >= max_tenants_) return *others_;
  return *tenants_.emplace(tenant, make(tenant)).first->second;
}

void TenantCounters::add_rejected(const Counters& tenant, std::string_view reason, double points) {
  rejected_.Add({{"tenant", tenant.label}, {"reason", std::string(reason)}}).Increment(points);
}

void TenantCounters::add_limited(const Counters& tenant, std::string_view limit) {
  limited_.Add({{"tenant", tenant.label}, {"limit", std::string(limit)}}).Increment();
}

std::unique_ptr<const TenantCounters::Counters> TenantCounters::make(std::string_view label) {
  auto made = std::make_unique<Counters>();
  made->label = label;
  for (std::size_t i = 0; i < kUses.size(); ++i) {
    made->requests[i] = &requests_.Add({{"tenant", made->label}, {"scope", kUses[i]}});
  }
  made->ingested = &ingested_.Add({{"tenant", made->label}});
  return made;
}

}  // namespace luminate::server::metrics
