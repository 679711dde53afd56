#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/accumulator.hpp"

namespace luminate::engine {

/// Numbers the (group, bucket) pairs that have samples, in the order in which they are first met.
///
/// Buckets come in pages of sixteen neighbours, and a hash table finds the page: walking a series meets one page again
/// and again, while a range with millions of empty buckets costs nothing.
class BucketIndex {
 public:
  struct Cell {
    std::int64_t bucket_ms;
    std::uint32_t group;
  };

  BucketIndex(std::int64_t interval_ms, std::size_t max_cells);

  /// Appends the spans of samples [begin, end) of a series. @throws Error result_limit_exceeded past max_cells.
  void split(std::span<const std::int64_t> timestamps, std::size_t begin, std::size_t end, std::uint32_t group,
             std::vector<Span>& spans);

  /// The cell of one sample.
  std::uint32_t cell_at(std::int64_t timestamp, std::uint32_t group);

  /// The cells here of all cells of another index with the same interval.
  std::vector<std::uint32_t> add(const BucketIndex& other);

  std::size_t memory() const noexcept {
    return cells_.capacity() * sizeof(Cell) + pages_.capacity() * sizeof(Page) + table_.capacity() * sizeof(Entry);
  }

  const std::vector<Cell>& cells() const noexcept { return cells_; }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  static constexpr std::size_t kPageSize = 16;
  using Page = std::array<std::uint32_t, kPageSize>;
  struct Entry {
    std::int64_t number = 0;
    std::uint32_t group = 0;
    std::uint32_t page = kNone;
  };

  std::uint32_t cell(std::int64_t bucket_ms, std::int64_t bucket_number, std::uint32_t group);
  std::uint32_t page(std::int64_t number, std::uint32_t group);
  std::size_t slot(std::int64_t number, std::uint32_t group) const noexcept;
  void grow();

  std::int64_t interval_ms_;
  std::size_t max_cells_;
  std::vector<Cell> cells_;
  std::vector<Page> pages_;
  std::vector<Entry> table_;  ///< A power of two, at most half full.
  Entry latest_;
};

}  // namespace luminate::engine
