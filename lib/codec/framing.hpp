#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// What holds the columns of a segment together: a header before, a checksum behind.
namespace luminate::codec {

inline constexpr std::size_t kHeaderSize = 32;
inline constexpr std::size_t kChecksumSize = 8;

/// A segment taken apart. The columns point into its bytes.
struct Frame {
  std::size_t samples = 0;
  std::size_t runs = 0;
  std::span<const std::byte> run_column;
  std::span<const std::byte> timestamp_column;
  std::span<const std::byte> value_column;
};

std::string join_columns(std::size_t samples, std::size_t runs, std::string_view run_column,
                         std::string_view timestamp_column, std::string_view value_column);

/// Checks everything but what is inside the columns. 1 <= runs <= samples <= kMaxSegmentSamples holds afterwards.
/// @throws DecodeError.
Frame split_columns(std::span<const std::byte> bytes);

/// Makes the last eight bytes the checksum of all before them. For tests that damage a segment on purpose.
/// @pre bytes.size() >= kChecksumSize.
void seal(std::span<std::byte> bytes);

}  // namespace luminate::codec
