#pragma once

#include <luminate/result.hpp>

#include "backend/backend.hpp"

namespace luminate::store {

/// The whole of what a cursor gives, its series numbered in the order in which they appear.
Result collect(backend::RangeCursor& cursor);

}  // namespace luminate::store
