#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"
#include "postgres/partitions.hpp"

// What backend.hpp says of the functions of these names.
namespace luminate::postgres {

void set_retention(Database& database, std::string_view tenant, const RetentionPolicy& policy);
bool remove_retention(Database& database, std::string_view tenant, std::string_view pattern);
std::vector<RetentionPolicy> retention(Database& database, std::string_view tenant);
RetentionReport enforce_retention(Database& database, Partitions& partitions, std::string_view tenant,
                                  const model::Call& call);

/// For all tenants.
RetentionReport enforce_retention(Database& database, Partitions& partitions, const model::Call& call);

}  // namespace luminate::postgres
