#pragma once

#include <luminate/store.hpp>

#include <string>
#include <vector>

namespace luminate::maintenance {

/// One tenant of a store, and its metrics that are asked for, sorted.
struct Part {
  Store store;
  std::vector<std::string> metrics;
};

/// What is to be taken out of `store`: of the tenant that it is narrowed to, or of all tenants, sorted, the metrics
/// named, or all. @throws Error invalid_request for all tenants of a narrowed store, and for a metric that nobody has.
/// @param purpose a verb for messages, such as "export".
std::vector<Part> parts_of(const Store& store, bool all_tenants, const std::vector<std::string>& metrics,
                           const std::string& purpose);

}  // namespace luminate::maintenance
