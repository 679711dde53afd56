#include "store/refusal_counts.hpp"

#include <algorithm>
#include <tuple>

namespace luminate::store {
namespace {

/// Takes tenants one by one.
class Summary {
 public:
  template <class Tenant>
  void add(const std::string& name, const Tenant& tenant) {
    for (const auto& [code, metrics] : tenant.by_metric) {
      for (const auto& [metric, points] : metrics) {
        refusals_.entries.push_back({name, metric, code, points});
        totals_[code] += points;
      }
    }
  }
  void add_others(const std::map<ErrorCode, std::uint64_t>& others) {
    for (const auto& [code, points] : others) {
      refusals_.other_tenants.push_back({code, points});
      totals_[code] += points;
    }
  }

  Refusals finish() && {
    std::sort(refusals_.entries.begin(), refusals_.entries.end(), [](const auto& a, const auto& b) {
      return std::tie(b.points, a.tenant, a.metric, a.code) < std::tie(a.points, b.tenant, b.metric, b.code);
    });
    for (const auto& [code, points] : totals_) refusals_.totals.push_back({code, points});
    return std::move(refusals_);
  }

 private:
  Refusals refusals_;
  std::map<ErrorCode, std::uint64_t> totals_;
};

}  // namespace

void RefusalCounts::add(std::string_view tenant, std::span<const Verdict> verdicts) {
  const std::lock_guard lock(mutex_);
  auto found = tenants_.find(tenant);
  if (found == tenants_.end()) {
    if (tenants_.size() >= Refusals::kMaxTenants) {
      for (const Verdict& verdict : verdicts) ++other_tenants_[verdict.code];
      return;
    }
    found = tenants_.emplace(tenant, Tenant{}).first;
  }
  // Batches that are wrong are mostly wrong in one way.
  const Verdict* before = nullptr;
  Points* points = nullptr;
  for (const Verdict& verdict : verdicts) {
    if (before == nullptr || before->code != verdict.code || before->metric != verdict.metric) {
      points = &counter(found->second, verdict);
    }
    before = &verdict;
    ++*points;
  }
}

RefusalCounts::Points& RefusalCounts::counter(Tenant& tenant, const Verdict& verdict) {
  auto& metrics = tenant.by_metric[verdict.code];
  // What is no valid name is for nobody's list: it may be anything.
  if (verdict.code == ErrorCode::invalid_metric_name) return metrics[""];
  if (const auto found = metrics.find(verdict.metric); found != metrics.end()) return found->second;
  if (tenant.named >= Refusals::kMaxEntriesOfTenant || named_ >= Refusals::kMaxEntries) return metrics[""];
  Points& points = metrics[verdict.metric];
  ++tenant.named;
  ++named_;
  return points;
}

Refusals RefusalCounts::all() const {
  Summary summary;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, tenant] : tenants_) summary.add(name, tenant);
  summary.add_others(other_tenants_);
  return std::move(summary).finish();
}

Refusals RefusalCounts::of(std::string_view tenant) const {
  Summary summary;
  const std::lock_guard lock(mutex_);
  if (const auto found = tenants_.find(tenant); found != tenants_.end()) summary.add(found->first, found->second);
  return std::move(summary).finish();
}

}  // namespace luminate::store
