#include "engine/ordering.hpp"

#include <algorithm>

#include "engine/parallel_sort.hpp"

namespace luminate::engine {

void order_by_value(std::vector<GroupValue>& groups, std::optional<std::size_t> limit, bool ascending,
                    const Selection& selection, Workers& workers, const model::Call& call) {
  const auto before = [&](const GroupValue& a, const GroupValue& b) {
    if (a.value != b.value) return ascending ? a.value < b.value : a.value > b.value;
    return selection.group(a.group) < selection.group(b.group);
  };
  parallel_sort(groups, before, workers, call);
  if (limit && *limit < groups.size()) groups.resize(*limit);
}

std::vector<std::uint32_t> best_groups(std::vector<GroupValue> groups, const query::Plan& plan,
                                       const Selection& selection, Workers& workers, const model::Call& call) {
  order_by_value(groups, plan.limit, plan.ascending, selection, workers, call);
  std::vector<std::uint32_t> best(groups.size());
  std::transform(groups.begin(), groups.end(), best.begin(), [](const GroupValue& group) { return group.group; });
  return best;
}

std::vector<std::uint32_t> places_by_key(std::vector<std::uint32_t> groups, const Selection& selection,
                                         Workers& workers, const model::Call& call) {
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return selection.group(a) < selection.group(b); };
  parallel_sort(groups, before, workers, call);
  std::vector<std::uint32_t> places(selection.group_count(), kNoPlace);
  for (std::uint32_t place = 0; place < groups.size(); ++place) places[groups[place]] = place;
  return places;
}

std::vector<std::uint32_t> order_by_bucket(std::span<const BucketIndex::Cell> cells,
                                           std::span<const std::uint32_t> places, Workers& workers,
                                           const model::Call& call) {
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
  const auto before = [](const Key& a, const Key& b) {
    return a.bucket_ms != b.bucket_ms ? a.bucket_ms < b.bucket_ms : a.place < b.place;
  };
  parallel_sort(keys, before, workers, call);

  std::vector<std::uint32_t> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(), [](const Key& key) { return key.cell; });
  return order;
}

}  // namespace luminate::engine
