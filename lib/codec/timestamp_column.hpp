#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/segment.hpp"

// Two integer columns: the first timestamp of every run, then, for all other samples, the interval to the one before.
// So many short runs at nearly the same time cost as little as few long ones at regular steps.
namespace luminate::codec {

void encode_timestamps(std::span<const Run> runs, std::span<const std::int64_t> timestamps, std::string& out);

/// Timestamps ascend within each run, or DecodeError is thrown. @pre the runs sum up to out.size().
void decode_timestamps(std::span<const std::byte> column, std::span<const Run> runs, std::span<std::int64_t> out);

/// The timestamps of any stretch of runs, without decoding the blocks before and behind it. The bytes must outlive it.
class TimestampRows {
 public:
  /// Walks over the column to learn where its blocks begin. @pre the runs sum up to `samples`. @throws DecodeError.
  TimestampRows(std::span<const std::byte> column, std::size_t runs, std::size_t samples);

  /// The timestamps of `runs`, the first of which is number `run` of the segment and begins at `row`.
  /// @pre runs is not empty and sums up to out.size(). @throws DecodeError.
  void read(std::size_t run, std::size_t row, std::span<const Run> runs, std::span<std::int64_t> out) const;

 private:
  std::span<const std::byte> column_;
  std::size_t runs_;
  std::size_t samples_;
  std::vector<std::uint32_t> firsts_;  ///< Where in the column each block of first timestamps begins.
  std::vector<std::uint32_t> intervals_;
};

}  // namespace luminate::codec
