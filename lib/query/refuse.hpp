#pragma once

#include <string>

namespace luminate::query {

/// How every check of this layer fails.
/// @throws Error invalid_query about `field`, a path such as "timeRange.start"; "" is the query as a whole.
[[noreturn]] void refuse(const std::string& field, const std::string& message);

}  // namespace luminate::query
