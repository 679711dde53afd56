#pragma once

#include <span>
#include <string_view>

namespace luminate::server {

/// The candidate that takes the fewest edits to reach from `word`, for "did you mean" in messages. The first one among
/// equals; empty when there are no candidates.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace luminate::server
