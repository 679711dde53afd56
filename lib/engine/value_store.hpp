#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace luminate::engine {

/// Many lists of doubles that only grow, such as all values of each cell. A list is a chain of chunks cut from large
/// blocks; each is half as long as the list so far, so that short lists cost little and long ones are few stretches.
class ValueStore {
 public:
  void resize(std::size_t lists) { lists_.resize(lists); }
  void append(std::uint32_t list, std::span<const double> values);

  std::size_t size(std::uint32_t list) const noexcept { return lists_[list].size; }

  /// The list as contiguous pieces, of at most kLargestChunk values each, which are valid until the store goes.
  void pieces(std::uint32_t list, std::vector<std::span<const double>>& pieces) const;

  /// Takes all values of another store, which is empty afterwards, without copying them: its list i is appended to
  /// list lists[i] here.
  void absorb(ValueStore& other, std::span<const std::uint32_t> lists);

  std::size_t memory() const noexcept;

  static constexpr std::size_t kLargestChunk = 8192;

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct List {
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
    std::size_t size = 0;
  };
  struct Chunk {
    double* values;
    std::uint32_t size;
    std::uint32_t capacity;
    std::uint32_t next;
  };

  double* allocate(std::size_t count);

  std::vector<List> lists_;
  std::vector<Chunk> chunks_;
  std::vector<std::unique_ptr<double[]>> blocks_;
  std::size_t block_values_ = 0;  ///< In all blocks.
  double* free_ = nullptr;
  std::size_t free_count_ = 0;
};

}  // namespace luminate::engine
