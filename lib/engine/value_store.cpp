#include "engine/value_store.hpp"

#include <algorithm>

namespace luminate::engine {
namespace {

constexpr std::size_t kBlock = 1 << 17;  // 1 MiB; a multiple of the largest chunk.
constexpr std::size_t kSmallestChunk = 4;

}  // namespace

double* ValueStore::allocate(std::size_t count) {
  if (free_count_ < count) {
    blocks_.push_back(std::make_unique_for_overwrite<double[]>(kBlock));
    free_ = blocks_.back().get();
    free_count_ = kBlock;
  }
  double* const values = free_;
  free_ += count;
  free_count_ -= count;
  return values;
}

void ValueStore::append(std::uint32_t index, std::span<const double> values) {
  List& list = lists_[index];
  while (!values.empty()) {
    if (list.tail == kNone || chunks_[list.tail].size == chunks_[list.tail].capacity) {
      const std::size_t wanted = std::max({kSmallestChunk, values.size(), list.size / 2});
      const std::size_t capacity = std::min(wanted, kLargestChunk);
      const auto chunk = static_cast<std::uint32_t>(chunks_.size());
      chunks_.push_back({allocate(capacity), 0, static_cast<std::uint32_t>(capacity), kNone});
      (list.tail == kNone ? list.head : chunks_[list.tail].next) = chunk;
      list.tail = chunk;
    }
    Chunk& chunk = chunks_[list.tail];
    const std::size_t count = std::min<std::size_t>(values.size(), chunk.capacity - chunk.size);
    std::copy_n(values.data(), count, chunk.values + chunk.size);
    chunk.size += static_cast<std::uint32_t>(count);
    list.size += count;
    values = values.subspan(count);
  }
}

std::span<const std::span<const double>> ValueStore::pieces(std::uint32_t list) {
  pieces_.clear();
  for (std::uint32_t i = lists_[list].head; i != kNone; i = chunks_[i].next) {
    pieces_.emplace_back(chunks_[i].values, chunks_[i].size);
  }
  return pieces_;
}

}  // namespace luminate::engine
