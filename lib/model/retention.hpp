#pragma once

#include <luminate/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Which retention policy holds for a metric.
namespace luminate::model {

inline constexpr std::size_t kMaxRetentionPolicies = 1'000;  ///< Of one tenant, and of those that hold for all.

/// @throws Error invalid_request, with the field "pattern" or "keep".
void check_retention(const RetentionPolicy& policy);
/// @throws Error invalid_request when a tenant that has `count` policies wants one more than there may be.
void check_retention_count(std::size_t count);

/// Whether the pattern, in which each `*` stands for any text, fits the whole name.
bool fits(std::string_view pattern, std::string_view name);

/// How long a metric is kept: as the policy with the longest pattern that fits says, of the tenant's own and those of
/// `limits`; among equals the tenant's own, then the first by letters; or else by default. Zero: for ever.
std::chrono::milliseconds keep_of(std::string_view metric, std::span<const RetentionPolicy> own,
                                  const RetentionLimits& limits);

/// Policies as text: "debug_* 7d, audit_* off".
std::string to_text(std::span<const RetentionPolicy> policies);
/// @throws Error invalid_request for what is no such text, or not what check_policies() takes.
std::vector<RetentionPolicy> policies_from(std::string_view text);
/// @throws Error invalid_request for a policy that is none, two of one pattern, or too many.
void check_policies(std::span<const RetentionPolicy> policies);

/// The timestamp before which samples go, given what keep_of() said.
std::int64_t retention_cutoff(std::int64_t now_ms, std::chrono::milliseconds keep);

}  // namespace luminate::model
