#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "sqlite/snapshot.hpp"

// What there is: answered from the catalog alone, and with a time range from the series that have samples in it. Each
// call takes a snapshot that has not begun.
namespace luminate::sqlite {

std::vector<std::string> list_metrics(Snapshot& snapshot, const backend::ListRequest& request, const model::Call& call);
std::vector<std::string> list_dimension_keys(Snapshot& snapshot, std::string_view metric,
                                             const backend::ListRequest& request, const model::Call& call);
std::vector<std::string> list_dimension_values(Snapshot& snapshot, std::string_view metric, std::string_view key,
                                               const backend::ListRequest& request, const model::Call& call);
std::uint64_t count_series(Snapshot& snapshot, std::string_view tenant, std::optional<std::string_view> metric);

}  // namespace luminate::sqlite
