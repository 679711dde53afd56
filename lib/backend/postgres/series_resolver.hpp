#pragma once

#include <luminate/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/cardinality_watch.hpp"
#include "postgres/series_lru.hpp"
#include "postgres/transaction.hpp"

namespace luminate::postgres {

/// The metrics and series that some writes name, each once, and what is known of them. Views belong to the batches.
struct Names {
  std::vector<MetricName> metrics{};
  std::vector<std::int64_t> metric_ids{};  ///< 0: not known.
  std::vector<SeriesName> series{};        ///< In the order in which points first name them.
  std::vector<std::uint32_t> metric_of{};  ///< For each series, the index of its metric.
  std::vector<std::int64_t> series_ids{};  ///< 0: not known.

  std::vector<bool> metric_fits{};  ///< Whether there was room for it, where that is not the reason. Else empty.

  std::vector<backend::CardinalityWatch::Growth> growths{};  ///< What was made, and how much there is now.

  bool complete() const noexcept;
  /// Tells series the ids of their metrics.
  void spread_metric_ids() noexcept;
};

/// Locks the metrics that are known against the deletion of their series, until the end of the transaction.
Statement lock_metrics(std::string_view schema, const Names& names);

/// Locks all metrics and finds out the ids that are not known, in one round trip. @returns the generation: ids of an
/// earlier one mean nothing, those of this and those that were found hold until the transaction ends.
/// @param before what is to be run before, in the same round trip.
std::int64_t look_up(Transaction& transaction, std::string_view schema, Names& names, std::vector<Statement> before);

/// Makes the metrics and series that have no id, in their order and as far as the limits allow, in one round trip.
/// Whoever makes series of the same metric, or metrics of the same tenant, waits until the transaction ends.
/// @pre look_up() in this transaction.
void create_missing(Transaction& transaction, std::string_view schema, const CardinalityLimits& limits, Names& names);

/// Why a series has not been made.
std::string refusal_of(const Names& names, std::size_t series, const CardinalityLimits& limits);

}  // namespace luminate::postgres
