#pragma once

#include <luminate/store.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/call.hpp"
#include "sqlite/snapshot.hpp"

// How many series there are, and where. Each call takes a snapshot that has not begun.
namespace luminate::sqlite {

Cardinality count_cardinality(Snapshot& snapshot, std::string_view tenant, const CardinalityRequest& request,
                              const CardinalityLimits& limits, const model::Call& call);

std::vector<TenantSeries> count_by_tenant(Snapshot& snapshot, std::optional<std::string_view> tenant, std::size_t limit,
                                          const model::Call& call);

std::vector<std::string> list_tenants(Snapshot& snapshot);

}  // namespace luminate::sqlite
