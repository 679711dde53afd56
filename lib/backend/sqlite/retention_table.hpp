#pragma once

#include <luminate/store.hpp>

#include <string_view>
#include <vector>

#include "sqlite/connection.hpp"

// The rows of the table `retention`: how long the metrics of a tenant are kept.
namespace luminate::sqlite {

/// By pattern. None in a file that no writer has opened since there is such a table.
std::vector<RetentionPolicy> read_retention(Connection& connection, std::string_view tenant);

/// @throws Error invalid_request when there are too many. @pre `connection` writes.
void save_retention(Connection& connection, std::string_view tenant, const RetentionPolicy& policy);
/// @returns whether there was one.
bool delete_retention(Connection& connection, std::string_view tenant, std::string_view pattern);

}  // namespace luminate::sqlite
