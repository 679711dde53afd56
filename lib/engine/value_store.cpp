#include "engine/value_store.hpp"

#include <algorithm>
#include <iterator>

namespace luminate::engine {
namespace {

constexpr std::size_t kLargestBlock = 1 << 17;  // 1 MiB
constexpr std::size_t kSmallestChunk = 4;

}  // namespace

double* ValueStore::allocate(std::size_t count) {
  if (free_count_ < count) {
    // Small stores, of which there may be many for a while, begin with small blocks.
    const std::size_t size = std::clamp(block_values_, ValueStore::kLargestChunk, kLargestBlock);
    blocks_.push_back(std::make_unique_for_overwrite<double[]>(size));
    free_ = blocks_.back().get();
    free_count_ = size;
    block_values_ += size;
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

void ValueStore::pieces(std::uint32_t list, std::vector<std::span<const double>>& pieces) const {
  pieces.clear();
  for (std::uint32_t i = lists_[list].head; i != kNone; i = chunks_[i].next) {
    pieces.emplace_back(chunks_[i].values, chunks_[i].size);
  }
}

void ValueStore::absorb(ValueStore& other, std::span<const std::uint32_t> lists) {
  const auto moved = static_cast<std::uint32_t>(chunks_.size());
  chunks_.reserve(chunks_.size() + other.chunks_.size());
  for (Chunk chunk : other.chunks_) {
    if (chunk.next != kNone) chunk.next += moved;
    chunks_.push_back(chunk);
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const List& from = other.lists_[i];
    if (from.head == kNone) continue;
    List& to = lists_[lists[i]];
    (to.tail == kNone ? to.head : chunks_[to.tail].next) = from.head + moved;
    to.tail = from.tail + moved;
    to.size += from.size;
  }
  std::move(other.blocks_.begin(), other.blocks_.end(), std::back_inserter(blocks_));
  block_values_ += other.block_values_;
  other = ValueStore();
}

std::size_t ValueStore::memory() const noexcept {
  return block_values_ * sizeof(double) + chunks_.capacity() * sizeof(Chunk) + lists_.capacity() * sizeof(List);
}

}  // namespace luminate::engine
