#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// What holds the columns of a segment together: a header before, a checksum behind. Where there are statistics of the
// runs, they and the runs come first and have a checksum behind them too: the head.
namespace luminate::codec {

inline constexpr std::size_t kHeaderSize = 32;
inline constexpr std::size_t kChecksumSize = 8;

/// A segment taken apart. The columns point into its bytes.
struct Frame {
  std::size_t samples = 0;
  std::size_t runs = 0;
  std::span<const std::byte> run_column;
  std::span<const std::byte> statistics_column;  ///< Empty where the segment has none.
  std::span<const std::byte> timestamp_column;
  std::span<const std::byte> value_column;
};

std::string join_columns(std::size_t samples, std::size_t runs, std::string_view run_column,
                         std::string_view timestamp_column, std::string_view value_column,
                         std::string_view statistics_column = {});

/// Checks everything but what is inside the columns. 1 <= runs <= samples <= kMaxSegmentSamples holds afterwards.
/// @throws DecodeError.
Frame split_columns(std::span<const std::byte> bytes);

/// How many bytes the head takes, 0 where there is none. Checks what can be checked without the checksum: the answer is
/// never more than a head of the segment's number of runs can take. @pre kHeaderSize bytes. @throws DecodeError.
std::size_t head_size(std::span<const std::byte> header);

/// The same for head_size() bytes of a segment that has a head: all but timestamps and values. @throws DecodeError.
Frame split_head(std::span<const std::byte> bytes);

/// Makes the last eight bytes the checksum of all before them. For tests that damage a segment on purpose.
/// @pre bytes.size() >= kChecksumSize.
void seal(std::span<std::byte> bytes);

/// The same for the head, if the header says that there is one and it lies within the bytes. To be called before
/// seal().
void seal_head(std::span<std::byte> bytes);

}  // namespace luminate::codec
