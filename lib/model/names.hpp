#pragma once

#include <cstddef>
#include <string_view>

namespace luminate::model {

inline constexpr std::size_t kMaxMetricNameLength = 256;
inline constexpr std::size_t kMaxDimensionKeyLength = 128;  ///< The default; PointLimits can change it for writes.

/// Whether `name` is `^[a-zA-Z_][a-zA-Z0-9_]*$` (ASCII, whatever the locale) and 1 to `max_length` bytes long: the rule
/// for metric names and dimension keys.
bool valid_name(std::string_view name, std::size_t max_length) noexcept;

}  // namespace luminate::model
