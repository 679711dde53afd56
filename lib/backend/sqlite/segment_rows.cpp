#include "sqlite/segment_rows.hpp"

namespace luminate::sqlite {
namespace {

// To get to a row, a reader passes by all blocks before it, which for a large segment takes as long as decoding some
// thousand rows.
constexpr std::size_t kRowsOfSeek = 4096;

}  // namespace

void SegmentRows::find_runs(const codec::SegmentReader& segment, std::span<const SeriesId> series) {
  found_.clear();
  std::size_t rows = 0;
  std::size_t stretches = 0;
  std::size_t end = 0;
  intersect(segment.runs(), series, [&](const codec::Run& run, std::size_t row, std::size_t index) {
    stretches += static_cast<std::size_t>(found_.empty() || row != end);
    found_.push_back({index, row, run.count});
    rows += run.count;
    end = row + run.count;
  });
  whole_ = rows + stretches * kRowsOfSeek >= segment.size();
}

std::size_t SegmentRows::decode(const codec::SegmentReader& segment, std::size_t first, bool timestamps) {
  std::size_t last = found_.size();
  std::size_t begin = 0;
  std::size_t end = segment.size();
  if (!whole_) {
    begin = found_[first].row;
    end = begin;
    for (last = first; last < found_.size() && found_[last].row == end; ++last) end += found_[last].count;
  }
  decoded_from_ = begin;
  if (values_.size() < end - begin) values_.resize(end - begin);
  const std::size_t wanted_timestamps = timestamps ? end - begin : 0;
  if (timestamps_.size() < wanted_timestamps) timestamps_.resize(wanted_timestamps);
  segment.read_rows(begin, end, std::span(timestamps_).first(wanted_timestamps), std::span(values_).first(end - begin));
  return last;
}

}  // namespace luminate::sqlite
