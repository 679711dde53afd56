#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/checked_order.hpp"
#include "engine/workers.hpp"

namespace luminate::engine {

/// Sorts by an order in which no two elements are equal: pieces side by side, then merged pair by pair. Looks at the
/// clock now and then.
template <typename T, typename Less>
void parallel_sort(std::vector<T>& elements, const Less& less, Workers& workers, const model::Call& call) {
  constexpr std::size_t kWorthwhile = 16384;
  constexpr std::size_t kPieces = 8;
  const std::size_t piece = std::max(kWorthwhile, (elements.size() + kPieces - 1) / kPieces);
  const auto at = [&](std::size_t i) {
    return elements.begin() + static_cast<std::ptrdiff_t>(std::min(i, elements.size()));
  };
  workers.run((elements.size() + piece - 1) / piece, [&](std::size_t i) {
    std::uint32_t steps = 0;
    std::sort(at(i * piece), at((i + 1) * piece), CheckedOrder(less, call, steps));
  });
  for (std::size_t sorted = piece; sorted < elements.size(); sorted *= 2) {
    workers.run((elements.size() + 2 * sorted - 1) / (2 * sorted), [&](std::size_t i) {
      std::uint32_t steps = 0;
      const std::size_t begin = i * 2 * sorted;
      std::inplace_merge(at(begin), at(begin + sorted), at(begin + 2 * sorted), CheckedOrder(less, call, steps));
    });
  }
}

}  // namespace luminate::engine
