#include "model/retention.hpp"

#include <luminate/error.hpp>
#include <luminate/query.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "model/names.hpp"
#include "model/text.hpp"

namespace luminate::model {
namespace {

constexpr std::chrono::milliseconds kCentury = std::chrono::hours(24 * 36'500);

bool is_pattern(std::string_view text) {
  if (text.empty() || text.size() > kMaxMetricNameLength) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '*') return false;
  }
  return !(text.front() >= '0' && text.front() <= '9');
}

}  // namespace

void check_retention(const RetentionPolicy& policy) {
  if (!is_pattern(policy.pattern)) {
    throw Error(ErrorCode::invalid_request,
                "'" + printable(policy.pattern, 64) +
                    "' is no pattern of metric names: letters, digits, _ and * for any text, at most " +
                    std::to_string(kMaxMetricNameLength) + " of them, such as debug_*",
                "pattern");
  }
  if (policy.keep < std::chrono::milliseconds(0) || policy.keep > kCentury) {
    throw Error(ErrorCode::invalid_request, "metrics can be kept from a millisecond to 36500 days, or 0 for ever",
                "keep");
  }
}

void check_retention_count(std::size_t count) {
  if (count < kMaxRetentionPolicies) return;
  throw Error(ErrorCode::invalid_request,
              "there are " + std::to_string(count) + " retention policies, as many as are allowed; remove one first",
              "pattern");
}

bool fits(std::string_view pattern, std::string_view name) {
  // Greedy, going back to the last star only: linear in practice, and never worse than the product of the lengths.
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::chrono::milliseconds keep_of(std::string_view metric, std::span<const RetentionPolicy> own,
                                  const RetentionLimits& limits) {
  const RetentionPolicy* best = nullptr;
  const auto choose = [&](const RetentionPolicy& policy, bool same_list) {
    if (!fits(policy.pattern, metric)) return;
    const bool better = best == nullptr || policy.pattern.size() > best->pattern.size() ||
                        (same_list && policy.pattern.size() == best->pattern.size() && policy.pattern < best->pattern);
    if (better) best = &policy;
  };
  for (const RetentionPolicy& policy : own) choose(policy, true);
  const RetentionPolicy* const best_own = best;
  for (const RetentionPolicy& policy : limits.policies) choose(policy, best != best_own);
  return best != nullptr ? best->keep : limits.default_retention;
}

std::string to_text(std::span<const RetentionPolicy> policies) {
  std::string text;
  for (const RetentionPolicy& policy : policies) {
    if (!text.empty()) text += ", ";
    text += policy.pattern + ' ' + (policy.keep.count() == 0 ? "off" : format_duration(policy.keep));
  }
  return text;
}

std::vector<RetentionPolicy> policies_from(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n";
  const auto trim = [&](std::string_view part) {
    part.remove_prefix(std::min(part.size(), part.find_first_not_of(kSpace)));
    return part.substr(0, part.find_last_not_of(kSpace) + 1);
  };
  std::vector<RetentionPolicy> policies;
  if (trim(text).empty()) return policies;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = trim(text.substr(begin, end - begin));
    const std::size_t gap = std::min(part.find_first_of(kSpace), part.size());
    const std::string_view keep = trim(part.substr(gap));
    const auto length = keep == "off" ? std::optional(std::chrono::milliseconds(0)) : parse_duration(keep);
    // "0s" could mean either: keep for ever, or keep nothing.
    if (!length || (length->count() == 0 && keep != "off")) {
      throw Error(ErrorCode::invalid_request,
                  quote(part) +
                      " is no policy: a pattern of metric names, a space, and a duration, or off for ever, "
                      "such as debug_* 7d");
    }
    policies.push_back({std::string(part.substr(0, gap)), *length});
    begin = end + 1;
  }
  check_policies(policies);
  return policies;
}

void check_policies(std::span<const RetentionPolicy> policies) {
  if (policies.size() > kMaxRetentionPolicies) {
    throw Error(ErrorCode::invalid_request, "there are " + std::to_string(policies.size()) + " policies, at most " +
                                                std::to_string(kMaxRetentionPolicies) + " are allowed");
  }
  std::set<std::string_view> patterns;
  for (const RetentionPolicy& policy : policies) {
    check_retention(policy);
    if (!patterns.insert(policy.pattern).second) {
      throw Error(ErrorCode::invalid_request, "there are two policies for " + quote(policy.pattern) + "; keep one",
                  "pattern");
    }
  }
}

std::int64_t retention_cutoff(std::int64_t now_ms, std::chrono::milliseconds keep) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
  if (keep.count() <= 0) return kNever;
  return now_ms < kNever + keep.count() ? kNever : now_ms - keep.count();
}

}  // namespace luminate::model
