#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "codec/framing.hpp"
#include "codec/segment.hpp"

namespace luminate::codec {

/// The front of a segment that has statistics: which runs it holds and what they amount to. Often enough to answer a
/// query, and far smaller than the columns behind it. It has a checksum of its own, so nothing else need be read.
class SegmentHead {
 public:
  /// How many bytes, from the first of the segment, are its head; 0: the segment has no statistics, and so no head of
  /// its own. The bytes are not known to be whole yet: compare with the size of the segment before using this.
  /// @pre header.size() >= kHeaderSize. @throws DecodeError.
  static std::size_t size_of(std::span<const std::byte> header);

  /// Checks and decodes the size_of() bytes that a segment begins with; they may go afterwards. @throws DecodeError.
  explicit SegmentHead(std::span<const std::byte> bytes);

  std::size_t size() const noexcept { return size_; }  ///< Number of samples.
  std::span<const Run> runs() const noexcept { return runs_; }
  std::span<const RunStatistics> statistics() const noexcept { return statistics_; }  ///< As many as runs().

 private:
  std::size_t size_ = 0;
  std::vector<Run> runs_;
  std::vector<RunStatistics> statistics_;
};

}  // namespace luminate::codec
