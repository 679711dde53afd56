#include "engine/ordering.hpp"

#include <algorithm>

#include "engine/checked_order.hpp"

namespace luminate::engine {

void order_by_value(std::vector<GroupValue>& groups, std::optional<std::size_t> limit, bool ascending,
                    const Selection& selection, const model::Call& call) {
  std::uint32_t steps = 0;
  const auto before = [&](const GroupValue& a, const GroupValue& b) {
    if (a.value != b.value) return ascending ? a.value < b.value : a.value > b.value;
    return selection.group(a.group) < selection.group(b.group);
  };
  std::sort(groups.begin(), groups.end(), CheckedOrder(before, call, steps));
  if (limit && *limit < groups.size()) groups.resize(*limit);
}

std::vector<std::uint32_t> places_by_key(std::vector<std::uint32_t> groups, const Selection& selection,
                                         const model::Call& call) {
  std::uint32_t steps = 0;
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return selection.group(a) < selection.group(b); };
  std::sort(groups.begin(), groups.end(), CheckedOrder(before, call, steps));
  std::vector<std::uint32_t> places(selection.group_count(), kNoPlace);
  for (std::uint32_t place = 0; place < groups.size(); ++place) places[groups[place]] = place;
  return places;
}

std::vector<std::uint32_t> order_by_bucket(std::span<const BucketIndex::Cell> cells,
                                           std::span<const std::uint32_t> places, const model::Call& call) {
  struct Key {
    std::int64_t bucket_ms;
    std::uint32_t place;
    std::uint32_t cell;
  };
  std::vector<Key> keys;
  keys.reserve(cells.size());
  for (std::uint32_t cell = 0; cell < cells.size(); ++cell) {
    const std::uint32_t place = places[cells[cell].group];
    if (place != kNoPlace) keys.push_back({cells[cell].bucket_ms, place, cell});
  }
  std::uint32_t steps = 0;
  const auto before = [](const Key& a, const Key& b) {
    return a.bucket_ms != b.bucket_ms ? a.bucket_ms < b.bucket_ms : a.place < b.place;
  };
  std::sort(keys.begin(), keys.end(), CheckedOrder(before, call, steps));

  std::vector<std::uint32_t> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(), [](const Key& key) { return key.cell; });
  return order;
}

}  // namespace luminate::engine
