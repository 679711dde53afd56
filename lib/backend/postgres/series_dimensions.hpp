#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <map>
#include <set>

#include "postgres/transaction.hpp"

namespace luminate::postgres {

/// What series are called. @pre all of them exist in the transaction's snapshot.
std::map<std::int64_t, Dimensions> read_dimensions(Transaction& transaction, const std::set<std::int64_t>& ids);

}  // namespace luminate::postgres
