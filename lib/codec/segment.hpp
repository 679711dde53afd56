#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

// The bytes of a segment: samples of many series, as compressed columns. docs/segment-format.md describes them.
namespace luminate::codec {

/// The samples of one series inside a segment: `count` consecutive rows.
struct Run {
  std::uint64_t series = 0;
  std::uint32_t count = 0;
  friend bool operator==(const Run&, const Run&) = default;
};

/// What a query often wants of a run instead of its samples. The codec stores these numbers for whoever reads the
/// segment; it does not work them out.
struct RunStatistics {
  double sum = 0;
  double sum_low = 0;  ///< What rounding took from the sum.
  double minimum = 0;
  double maximum = 0;
  double first = 0;  ///< The value at first_timestamp.
  double last = 0;   ///< The value at last_timestamp.
  std::int64_t first_timestamp = 0;
  std::int64_t last_timestamp = 0;
};

/// No segment holds more samples. A frozen part of the format: it bounds what hostile bytes can make a reader allocate.
inline constexpr std::size_t kMaxSegmentSamples = std::size_t{1} << 20;

/// The bytes are not what encode_segment() made: damaged, truncated, or of another format version.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Encodes samples that are sorted by (series, timestamp), both strictly ascending, into bytes that end in a checksum.
/// With statistics, the segment begins with a head that can be read without the rest: see SegmentHead.
/// @pre series of `runs` ascend; counts are > 0 and sum up to the columns' length, which is 1 to kMaxSegmentSamples.
/// `statistics` is empty or has an entry for each run, with the timestamps that the run begins and ends with.
std::string encode_segment(std::span<const Run> runs, std::span<const std::int64_t> timestamps,
                           std::span<const double> values, std::span<const RunStatistics> statistics = {});

class RowIndex;

/// Reads an encoded segment. The bytes must outlive the reader. Decodes one column at a time, so that a query that
/// needs no values never touches them. One thread at a time.
class SegmentReader {
 public:
  /// Checks header and checksum and decodes the runs. @throws DecodeError.
  explicit SegmentReader(std::span<const std::byte> bytes);

  std::size_t size() const noexcept { return size_; }  ///< Number of samples.
  std::span<const Run> runs() const noexcept { return runs_; }

  bool has_statistics() const noexcept { return !statistics_.empty(); }
  /// Decodes the statistics of all runs; empty where the segment has none. @throws DecodeError.
  std::vector<RunStatistics> statistics() const;

  /// Decode whole columns. Every double comes back bit for bit. @throws DecodeError.
  /// @pre the span has size() entries.
  void read_timestamps(std::span<std::int64_t> out) const;
  void read_values(std::span<double> out) const;

  /// Decode the rows [begin, end), which are whole runs, and as little beside them as the blocks of the format allow.
  /// An empty span is a column that is not wanted. The first call looks up where the blocks of a column begin.
  /// @throws DecodeError; what lies in other blocks is not checked.
  /// @pre begin <= end <= size(), both where a run begins or the last ends; a span is empty or has end - begin entries.
  void read_rows(std::size_t begin, std::size_t end, std::span<std::int64_t> timestamps,
                 std::span<double> values) const;

 private:
  std::size_t size_ = 0;
  std::vector<Run> runs_;
  std::span<const std::byte> statistics_;
  std::span<const std::byte> timestamps_;
  std::span<const std::byte> values_;
  mutable std::shared_ptr<RowIndex> rows_;
};

}  // namespace luminate::codec
