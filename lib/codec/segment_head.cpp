#include "codec/segment_head.hpp"

#include "codec/run_column.hpp"
#include "codec/statistics_column.hpp"

namespace luminate::codec {

std::size_t SegmentHead::size_of(std::span<const std::byte> header) {
  return head_size(header);
}

SegmentHead::SegmentHead(std::span<const std::byte> bytes) {
  const Frame frame = split_head(bytes);
  size_ = frame.samples;
  runs_ = decode_runs(frame.run_column, frame.runs, frame.samples);
  statistics_ = decode_statistics(frame.statistics_column, runs_);
}

}  // namespace luminate::codec
