#pragma once

#include <luminate/result.hpp>

#include "model/call.hpp"
#include "query/plan.hpp"
#include "sqlite/snapshot.hpp"

namespace luminate::sqlite {

/// Answers any query from the segments of one snapshot, which must not have begun.
Result read_query(Snapshot& snapshot, const query::Plan& plan, const model::Call& call);

}  // namespace luminate::sqlite
