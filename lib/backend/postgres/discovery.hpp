#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"

// What backend.hpp says of the functions of these names.
namespace luminate::postgres {

std::vector<std::string> metrics(Database& database, const backend::ListRequest& request, const model::Call& call);
std::vector<std::string> dimension_keys(Database& database, std::string_view metric,
                                        const backend::ListRequest& request, const model::Call& call);
std::vector<std::string> dimension_values(Database& database, std::string_view metric, std::string_view key,
                                          const backend::ListRequest& request, const model::Call& call);
std::uint64_t series_count(Database& database, std::string_view tenant, std::optional<std::string_view> metric,
                           const model::Call& call);
Cardinality cardinality(Database& database, std::string_view tenant, const CardinalityRequest& request,
                        const model::Call& call);
std::vector<std::string> tenants(Database& database, const model::Call& call);
std::vector<TenantSeries> series_by_tenant(Database& database, std::optional<std::string_view> tenant,
                                           std::size_t limit, const model::Call& call);

}  // namespace luminate::postgres
