#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"

namespace luminate::postgres {

std::uint64_t remove(Database& database, const backend::DeleteRequest& request, const model::Call& call);

}  // namespace luminate::postgres
