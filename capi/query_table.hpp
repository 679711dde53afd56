#pragma once

#include <luminate/query.hpp>
#include <luminate/result.hpp>

#include "table.hpp"

namespace luminate::capi {

/// The columns of luminate_store_query(). What is columns already is moved, not copied.
Table make_table(Result&& result, const Query& query);

/// A piece of a streamed answer.
Table make_table(RangeResult&& samples);

}  // namespace luminate::capi
