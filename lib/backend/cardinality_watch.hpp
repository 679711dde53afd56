#pragma once

#include <luminate/options.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace luminate::backend {

/// Says in the log when a metric, or a tenant, has 80 % of what a cardinality limit allows: before anything is refused.
/// Once, until it fell below 75 % again. Several processes on one database tell it each. Any thread.
class CardinalityWatch {
 public:
  using Logger = std::function<void(LogLevel, std::string_view)>;

  /// So many metrics and tenants are told by name; one line says that there are more.
  static constexpr std::size_t kMostTold = 10'000;

  CardinalityWatch(const CardinalityLimits& limits, Logger logger) : limits_(limits), logger_(std::move(logger)) {}

  /// What a write added.
  struct Growth {
    std::string tenant{};
    std::string metric{};      ///< Whose series they are; "": they are metrics of the tenant.
    std::uint64_t before = 0;  ///< How many there were,
    std::uint64_t after = 0;   ///< and are now.
  };

  /// Whether note() has anything to do with what has grown to so many: nearly always nothing has.
  bool concerns_series(std::uint64_t after) const { return concerns(after, limits_.max_series_per_metric); }
  bool concerns_metrics(std::uint64_t after) const { return concerns(after, limits_.max_metrics); }

  /// To be called when it is stored, without a lock that others need: loggers may be slow.
  void note(std::span<const Growth> growths) noexcept;

 private:
  bool concerns(std::uint64_t after, std::size_t limit) const;
  void note(const Growth& growth);

  const CardinalityLimits limits_;
  const Logger logger_;
  std::atomic<bool> any_told_ = false;
  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> told_;  ///< Tenants and metrics. Guarded by mutex_, like what follows.
  bool told_of_more_ = false;
};

}  // namespace luminate::backend
