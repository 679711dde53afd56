#include "codec/segment.hpp"

#include "codec/framing.hpp"
#include "codec/run_column.hpp"
#include "codec/timestamp_column.hpp"
#include "codec/value_column.hpp"

namespace luminate::codec {
namespace {

// A segment that breaks these rules would be refused by every reader: better to lose it here, where the caller that
// made it is still on the stack.
void check(std::span<const Run> runs, std::span<const std::int64_t> timestamps, std::span<const double> values) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("encode_segment: ") + what);
  };
  require(!timestamps.empty() && timestamps.size() <= kMaxSegmentSamples, "a segment has 1 to 1048576 samples");
  require(timestamps.size() == values.size(), "timestamps and values differ in number");
  std::size_t at = 0;
  const Run* before = nullptr;
  for (const Run& run : runs) {
    require(before == nullptr || before->series < run.series, "series do not ascend");
    require(run.count > 0 && run.count <= timestamps.size() - at, "counts do not sum up to the number of samples");
    bool ascending = true;
    for (const std::size_t end = at++ + run.count; at < end; ++at) ascending &= timestamps[at - 1] < timestamps[at];
    require(ascending, "timestamps of a series do not ascend");
    before = &run;
  }
  require(at == timestamps.size(), "counts do not sum up to the number of samples");
}

}  // namespace

std::string encode_segment(std::span<const Run> runs, std::span<const std::int64_t> timestamps,
                           std::span<const double> values) {
  check(runs, timestamps, values);
  std::string run_column;
  encode_runs(runs, run_column);
  std::string timestamp_column;
  encode_timestamps(runs, timestamps, timestamp_column);
  std::string value_column;
  encode_values(values, value_column);
  return join_columns(timestamps.size(), runs.size(), run_column, timestamp_column, value_column);
}

SegmentReader::SegmentReader(std::span<const std::byte> bytes) {
  const Frame frame = split_columns(bytes);
  size_ = frame.samples;
  runs_ = decode_runs(frame.run_column, frame.runs, frame.samples);
  timestamps_ = frame.timestamp_column;
  values_ = frame.value_column;
}

void SegmentReader::read_timestamps(std::span<std::int64_t> out) const {
  if (out.size() != size_) throw std::invalid_argument("read_timestamps: the span must have size() entries");
  decode_timestamps(timestamps_, runs_, out);
}

void SegmentReader::read_values(std::span<double> out) const {
  if (out.size() != size_) throw std::invalid_argument("read_values: the span must have size() entries");
  decode_values(values_, out);
}

}  // namespace luminate::codec
