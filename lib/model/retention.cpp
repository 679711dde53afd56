#include "model/retention.hpp"

#include <luminate/error.hpp>

#include <limits>
#include <string>

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

std::chrono::milliseconds keep_of(std::string_view metric, std::span<const RetentionPolicy> policies,
                                  std::chrono::milliseconds otherwise) {
  const RetentionPolicy* best = nullptr;
  for (const RetentionPolicy& policy : policies) {
    if (!fits(policy.pattern, metric)) continue;
    const bool better = best == nullptr || policy.pattern.size() > best->pattern.size() ||
                        (policy.pattern.size() == best->pattern.size() && policy.pattern < best->pattern);
    if (better) best = &policy;
  }
  return best != nullptr ? best->keep : otherwise;
}

std::int64_t retention_cutoff(std::int64_t now_ms, std::chrono::milliseconds keep) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
  if (keep.count() <= 0) return kNever;
  return now_ms < kNever + keep.count() ? kNever : now_ms - keep.count();
}

}  // namespace luminate::model
