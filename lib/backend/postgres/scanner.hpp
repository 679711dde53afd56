#pragma once

#include "backend/backend.hpp"
#include "postgres/database.hpp"

namespace luminate::postgres {

void scan(Database& database, const backend::ScanRequest& request, const backend::ScanVisitor& visit,
          const model::Call& call);

}  // namespace luminate::postgres
