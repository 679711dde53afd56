#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Which retention policy holds for a metric.
namespace luminate::model {

inline constexpr std::size_t kMaxRetentionPolicies = 1'000;  ///< Of one tenant.

/// @throws Error invalid_request, with the field "pattern" or "keep".
void check_retention(const RetentionPolicy& policy);
/// @throws Error invalid_request when a tenant that has `count` policies wants one more than there may be.
void check_retention_count(std::size_t count);

/// Whether the pattern, in which each `*` stands for any text, fits the whole name.
bool fits(std::string_view pattern, std::string_view name);

/// How long a metric is kept: as the policy with the longest pattern that fits says, the first by letters among equals,
/// or else as `otherwise` does. Zero: for ever.
std::chrono::milliseconds keep_of(std::string_view metric, std::span<const RetentionPolicy> policies,
                                  std::chrono::milliseconds otherwise);

/// The timestamp before which samples go, given what keep_of() said.
std::int64_t retention_cutoff(std::int64_t now_ms, std::chrono::milliseconds keep);

}  // namespace luminate::model
