#pragma once

#include <cstddef>
#include <string_view>

namespace luminate::model {

inline constexpr std::size_t kMaxMetricNameLength = 256;
inline constexpr std::size_t kMaxDimensionKeyLength = 128;  ///< The default; PointLimits can change it for writes.

/// Whether `name` is `^[a-zA-Z_][a-zA-Z0-9_]*$` (ASCII, whatever the locale) and 1 to `max_length` bytes long: the rule
/// for metric names and dimension keys.
bool valid_name(std::string_view name, std::size_t max_length) noexcept;

/// Whether `name` can be a PostgreSQL schema of ours, one that never needs quotes: `^[a-z_][a-z0-9_]{0,62}$`, and does
/// not begin with "pg_", which is PostgreSQL's own.
bool is_schema_name(std::string_view name) noexcept;

}  // namespace luminate::model
