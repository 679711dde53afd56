#include "maintenance/parts.hpp"

#include <limits>
#include <set>

#include "model/text.hpp"

namespace luminate::maintenance {

std::vector<Part> parts_of(const Store& store, bool all_tenants, const std::vector<std::string>& metrics,
                           const std::string& purpose) {
  std::vector<Part> parts;
  std::vector<std::string> tenants{store.tenant()};
  if (all_tenants) {
    if (!store.tenant().empty()) {
      throw Error(ErrorCode::invalid_request,
                  "to " + purpose + " all tenants takes a store that is not narrowed to one of them");
    }
    tenants = store.tenants();
  }
  for (const std::string& tenant : tenants) {
    Part& part = parts.emplace_back(Part{tenant == store.tenant() ? store : store.tenant(tenant), {}});
    part.metrics = part.store.metrics({.limit = std::numeric_limits<std::size_t>::max()});
  }
  if (metrics.empty()) return parts;

  const std::set<std::string> wanted(metrics.begin(), metrics.end());
  std::set<std::string> found;
  for (Part& part : parts) {
    std::erase_if(part.metrics, [&](const std::string& name) { return !wanted.contains(name); });
    found.insert(part.metrics.begin(), part.metrics.end());
  }
  for (const std::string& name : wanted) {
    if (found.contains(name)) continue;
    throw Error(ErrorCode::invalid_request, "there is no metric " + model::quote(name) + " to " + purpose);
  }
  return parts;
}

}  // namespace luminate::maintenance
