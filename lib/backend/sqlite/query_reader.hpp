#pragma once

#include <luminate/result.hpp>

#include "engine/workers.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"
#include "sqlite/snapshot.hpp"

namespace luminate::sqlite {

/// Answers any query from the segments of one snapshot, which must not have begun. The answer does not depend on how
/// many workers there are.
Result read_query(Snapshot& snapshot, const query::Plan& plan, engine::Workers& workers, const model::Call& call);

}  // namespace luminate::sqlite
