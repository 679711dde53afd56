#pragma once

#include <memory>

#include "backend/backend.hpp"
#include "postgres/database.hpp"
#include "query/plan.hpp"

namespace luminate::postgres {

std::unique_ptr<backend::RangeCursor> range(Database& database, const query::Plan& plan, const model::Call& call);
Result aggregate(Database& database, const query::Plan& plan, const model::Call& call);
Result rate(Database& database, const query::Plan& plan, const model::Call& call);

}  // namespace luminate::postgres
