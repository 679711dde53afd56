#include "codec/segment.hpp"

#include <algorithm>
#include <optional>

#include "codec/bytes.hpp"
#include "codec/framing.hpp"
#include "codec/run_column.hpp"
#include "codec/statistics_column.hpp"
#include "codec/timestamp_column.hpp"
#include "codec/value_column.hpp"

namespace luminate::codec {
namespace {

// A segment that breaks these rules would be refused by every reader: better to lose it here, where the caller that
// made it is still on the stack.
void check(std::span<const Run> runs, std::span<const std::int64_t> timestamps, std::span<const double> values,
           std::span<const RunStatistics> statistics) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("encode_segment: ") + what);
  };
  require(!timestamps.empty() && timestamps.size() <= kMaxSegmentSamples, "a segment has 1 to 1048576 samples");
  require(timestamps.size() == values.size(), "timestamps and values differ in number");
  require(statistics.empty() || statistics.size() == runs.size(), "runs and statistics differ in number");
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
  at = 0;
  for (std::size_t i = 0; i < statistics.size(); at += runs[i++].count) {
    require(statistics[i].first_timestamp == timestamps[at] &&
                statistics[i].last_timestamp == timestamps[at + runs[i].count - 1],
            "statistics have other timestamps than their run");
  }
}

}  // namespace

// Where rows are; each part is filled in when it is asked for.
class RowIndex {
 public:
  explicit RowIndex(std::span<const Run> runs) {
    begins_.resize(runs.size() + 1);
    std::uint32_t row = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) begins_[i + 1] = row += runs[i].count;
  }

  /// The number of the run that begins at the row; that of runs where the last ends. Else empty.
  std::optional<std::size_t> run_at(std::size_t row) const {
    const auto found = std::lower_bound(begins_.begin(), begins_.end(), row);
    if (found == begins_.end() || *found != row) return std::nullopt;
    return static_cast<std::size_t>(found - begins_.begin());
  }

  std::optional<TimestampRows> timestamps;
  std::optional<ValueRows> values;

 private:
  std::vector<std::uint32_t> begins_;
};

std::string encode_segment(std::span<const Run> runs, std::span<const std::int64_t> timestamps,
                           std::span<const double> values, std::span<const RunStatistics> statistics) {
  check(runs, timestamps, values, statistics);
  std::string run_column;
  encode_runs(runs, run_column);
  std::string statistics_column;
  encode_statistics(statistics, statistics_column);
  std::string timestamp_column;
  encode_timestamps(runs, timestamps, timestamp_column);
  std::string value_column;
  encode_values(values, value_column);
  return join_columns(timestamps.size(), runs.size(), run_column, timestamp_column, value_column, statistics_column);
}

SegmentReader::SegmentReader(std::span<const std::byte> bytes) {
  const Frame frame = split_columns(bytes);
  size_ = frame.samples;
  runs_ = decode_runs(frame.run_column, frame.runs, frame.samples);
  statistics_ = frame.statistics_column;
  timestamps_ = frame.timestamp_column;
  values_ = frame.value_column;
}

std::vector<RunStatistics> SegmentReader::statistics() const {
  return has_statistics() ? decode_statistics(statistics_, runs_) : std::vector<RunStatistics>{};
}

void SegmentReader::read_timestamps(std::span<std::int64_t> out) const {
  if (out.size() != size_) throw std::invalid_argument("read_timestamps: the span must have size() entries");
  decode_timestamps(timestamps_, runs_, out);
}

void SegmentReader::read_values(std::span<double> out) const {
  if (out.size() != size_) throw std::invalid_argument("read_values: the span must have size() entries");
  ByteReader in(values_, "values");
  decode_values(in, out);
  in.expect_end();
}

void SegmentReader::read_rows(std::size_t begin, std::size_t end, std::span<std::int64_t> timestamps,
                              std::span<double> values) const {
  if (rows_ == nullptr) rows_ = std::make_shared<RowIndex>(runs_);
  const auto first = rows_->run_at(begin);
  const auto last = rows_->run_at(end);
  if (!first || !last || begin > end) throw std::invalid_argument("read_rows: the rows must be whole runs");
  const auto fits = [&](const auto& out) { return out.empty() || out.size() == end - begin; };
  if (!fits(timestamps) || !fits(values)) {
    throw std::invalid_argument("read_rows: the spans must be empty or have an entry for each row");
  }
  if (!timestamps.empty()) {
    if (!rows_->timestamps) rows_->timestamps.emplace(timestamps_, runs_.size(), size_);
    rows_->timestamps->read(*first, begin, std::span(runs_).subspan(*first, *last - *first), timestamps);
  }
  if (!values.empty()) {
    if (!rows_->values) rows_->values.emplace(values_, size_);
    rows_->values->read(begin, values);
  }
}

}  // namespace luminate::codec
