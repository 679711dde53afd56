#pragma once

#include <span>
#include <string_view>

namespace luminate::model {

/// What `word` was most likely meant to be: the candidate the fewest edits away, letter case aside, and the first among
/// equals. Of a longer word only the first 128 bytes count. Empty where there are no candidates.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace luminate::model
