#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/bucket_index.hpp"
#include "engine/selection.hpp"
#include "engine/workers.hpp"
#include "model/call.hpp"

namespace luminate::engine {

struct GroupValue {
  std::uint32_t group = 0;  ///< In the selection.
  std::uint32_t cell = 0;
  double value = 0;
};

/// Orders groups by value, largest first (smallest with `ascending`), equal ones by key, and keeps the first `limit`.
void order_by_value(std::vector<GroupValue>& groups, std::optional<std::size_t> limit, bool ascending,
                    const Selection& selection, Workers& workers, const model::Call& call);

/// The groups that order_by_value() keeps.
std::vector<std::uint32_t> best_groups(std::vector<GroupValue> groups, const query::Plan& plan,
                                       const Selection& selection, Workers& workers, const model::Call& call);

/// For each group of the selection its place among `groups` ordered by key, kNoPlace for those that are not there.
inline constexpr std::uint32_t kNoPlace = 0xFFFFFFFF;
std::vector<std::uint32_t> places_by_key(std::vector<std::uint32_t> groups, const Selection& selection,
                                         Workers& workers, const model::Call& call);

/// The cells of groups that have a place, by bucket, then by that place.
std::vector<std::uint32_t> order_by_bucket(std::span<const BucketIndex::Cell> cells,
                                           std::span<const std::uint32_t> places, Workers& workers,
                                           const model::Call& call);

}  // namespace luminate::engine
