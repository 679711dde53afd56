#include "backend/cardinality_watch.hpp"

#include "model/text.hpp"

namespace luminate::backend {
namespace {

/// 80 %, rounded up.
std::uint64_t warn_from(std::size_t limit) {
  return limit - limit / 5;
}

/// 75 %, rounded up.
std::uint64_t forget_below(std::size_t limit) {
  return limit - limit / 4;
}

std::string percent(std::uint64_t part, std::size_t whole) {
  return std::to_string(static_cast<int>(100.0 * static_cast<double>(part) / static_cast<double>(whole))) + " %";
}

std::string warning(const CardinalityWatch::Growth& growth, const CardinalityLimits& limits) {
  const bool of_series = !growth.metric.empty();
  const std::size_t limit = of_series ? limits.max_series_per_metric : limits.max_metrics;
  const std::string whose =
      growth.tenant.empty() ? "" : (of_series ? " of tenant " : "tenant ") + model::quote(growth.tenant);
  const std::string subject = of_series        ? "metric " + model::quote(growth.metric) + whose
                              : !whose.empty() ? whose
                                               : "the space without a tenant";
  return subject + " has " + std::to_string(growth.after) + (of_series ? " series, " : " metrics, ") +
         percent(growth.after, limit) + " of the " + std::to_string(limit) +
         " that are allowed; new ones beyond are refused (" +
         (of_series ? "cardinality_limits.max_unique_series_per_metric)"
                    : "cardinality_limits.max_metrics_per_tenant)");
}

}  // namespace

bool CardinalityWatch::concerns(std::uint64_t after, std::size_t limit) const {
  return logger_ && (after >= warn_from(limit) || any_told_.load(std::memory_order_relaxed));
}

void CardinalityWatch::note(std::span<const Growth> growths) noexcept {
  try {
    for (const Growth& growth : growths) note(growth);
  } catch (...) {
    // No memory: what was written stands, and the line is not worth more.
  }
}

void CardinalityWatch::note(const Growth& growth) {
  const std::size_t limit = growth.metric.empty() ? limits_.max_metrics : limits_.max_series_per_metric;
  if (!concerns(growth.after, limit)) return;
  bool told = false;
  bool tell_of_more = false;
  {
    const std::lock_guard lock(mutex_);
    const std::pair key(growth.tenant, growth.metric);
    if (growth.before < forget_below(limit)) told_.erase(key);
    if (growth.after >= warn_from(limit) && !told_.contains(key)) {
      if (told_.size() < kMostTold) {
        told_.insert(key);
        told = true;
      } else {
        tell_of_more = !std::exchange(told_of_more_, true);
      }
    }
    any_told_.store(!told_.empty(), std::memory_order_relaxed);
  }
  if (told) logger_(LogLevel::warning, warning(growth, limits_));
  if (tell_of_more) {
    logger_(LogLevel::warning, "more than " + std::to_string(kMostTold) +
                                   " metrics and tenants are near their cardinality limits; no more are named");
  }
}

}  // namespace luminate::backend
