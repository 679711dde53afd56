#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "codec/bytes.hpp"

// 64-bit integers in blocks of at most kBlockSize. Each block predicts its numbers in the way that makes it smallest
// and packs what is left in a fixed number of bits; the few numbers that need more bits are patched in afterwards.
// All arithmetic wraps, so that signed and unsigned numbers of the full range come back alike.
namespace luminate::codec {

inline constexpr std::size_t kBlockSize = 1024;
/// Bits that a position inside a block takes.
inline constexpr unsigned kPositionBits = 10;

/// Positions of a block, packed. @pre every one < kBlockSize; at most kBlockSize of them.
void append_positions(std::span<const std::uint16_t> positions, std::string& out);
/// @pre positions.size() <= kBlockSize. @throws DecodeError unless every position is < block_size.
void read_positions(ByteReader& in, std::size_t block_size, std::span<std::uint16_t> positions);

/// What a writer tries besides predicting every number by one base for its block.
enum class Predictors {
  delta,               ///< the number before it plus one step for the block: ids, counters
  delta_and_integral,  ///< also: that the sum of the numbers grows evenly; intervals between jittered ticks
};

/// @pre 1 <= values.size() <= kBlockSize.
void encode_integers(std::span<const std::uint64_t> values, Predictors predictors, std::string& out);
/// @pre out.size() <= kBlockSize, and is what encode_integers() got. @throws DecodeError.
void decode_integers(ByteReader& in, std::span<std::uint64_t> out);

/// How a block of numbers is written, short of its residuals.
struct BlockHead {
  unsigned mode = 0;
  unsigned width = 0;
  std::uint64_t base = 0;
  std::uint64_t first = 0;
  std::size_t patches = 0;
  unsigned patch_width = 0;

  bool plain() const noexcept { return mode == 0; }  ///< Number i is the base plus residual i.
  bool delta() const noexcept { return mode == 1; }  ///< The same and the number before; first is before all.
};

struct Patches {
  std::array<std::uint16_t, kBlockSize> positions;
  std::array<std::uint64_t, kBlockSize> bits;  ///< In their place, above those of the residual.
};

/// decode_integers() in two steps. @throws DecodeError.
BlockHead read_block_head(ByteReader& in, std::size_t count);
void decode_integers(ByteReader& in, const BlockHead& head, std::span<std::uint64_t> out);

/// Where the head says delta: the differences between numbers, the first that to head.first. @throws DecodeError.
void decode_steps(ByteReader& in, const BlockHead& head, std::span<std::uint64_t> out);

/// What follows the residuals where head.patches > 0. @throws DecodeError unless every position is < block_size.
void read_patches(ByteReader& in, const BlockHead& head, std::size_t block_size, Patches& patches);

/// Moves past a block of `count` numbers. @throws DecodeError; what is inside the block is not checked.
void skip_integers(ByteReader& in, std::size_t count);

/// Appends numbers one at a time, a block whenever one is full.
class IntegerColumnWriter {
 public:
  IntegerColumnWriter(std::string& out, Predictors predictors) noexcept : out_(out), predictors_(predictors) {}

  void append(std::uint64_t value) {
    block_[filled_++] = value;
    if (filled_ == kBlockSize) finish();
  }
  /// Writes the last block. To be called once, after the last number.
  void finish();

 private:
  std::string& out_;
  Predictors predictors_;
  std::size_t filled_ = 0;
  std::array<std::uint64_t, kBlockSize> block_;
};

/// A block of which no more was decoded than its form needs.
struct IntegerBlock {
  enum class Form {
    equal,    ///< Every number is `base`.
    even,     ///< Number i is base + at[i] - at[i - 1]; the first number is 0, and at[-1] exists.
    numbers,  ///< Number i is at[i].
  };
  Form form = Form::numbers;
  std::size_t size = 0;
  std::uint64_t base = 0;
  const std::uint64_t* at = nullptr;
  /// No number of the block is smaller or larger.
  std::uint64_t least = 0;
  std::uint64_t most = ~std::uint64_t{0};
};

/// Reads `count` numbers that an IntegerColumnWriter wrote, block by block.
class IntegerBlockReader {
 public:
  IntegerBlockReader(ByteReader& in, std::size_t count) noexcept : in_(in), undecoded_(count) {}
  IntegerBlockReader(const IntegerBlockReader&) = delete;
  IntegerBlockReader& operator=(const IntegerBlockReader&) = delete;

  /// Valid until the next call. @pre not all blocks have been read. @throws DecodeError.
  IntegerBlock next();

 private:
  ByteReader& in_;
  std::size_t undecoded_;
  std::array<std::uint64_t, kBlockSize + 1> block_;
};

/// Reads `count` numbers that an IntegerColumnWriter wrote.
class IntegerColumnReader {
 public:
  IntegerColumnReader(ByteReader& in, std::size_t count) noexcept : in_(in), undecoded_(count) {}

  /// The next numbers: at least one, at most `limit`, valid until the next call.
  /// @pre limit > 0, and not all numbers have been taken. @throws DecodeError.
  std::span<const std::uint64_t> take(std::size_t limit) {
    if (ready_.empty()) decode_block();
    const auto taken = ready_.first(limit < ready_.size() ? limit : ready_.size());
    ready_ = ready_.subspan(taken.size());
    return taken;
  }

 private:
  void decode_block();

  ByteReader& in_;
  std::size_t undecoded_;
  std::span<const std::uint64_t> ready_;
  std::array<std::uint64_t, kBlockSize> block_;
};

}  // namespace luminate::codec
