#pragma once

#include <cstddef>
#include <cstdint>
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

/// No segment holds more samples. A frozen part of the format: it bounds what hostile bytes can make a reader allocate.
inline constexpr std::size_t kMaxSegmentSamples = std::size_t{1} << 20;

/// The bytes are not what encode_segment() made: damaged, truncated, or of another format version.
class DecodeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Encodes samples that are sorted by (series, timestamp), both strictly ascending, into bytes that end in a checksum.
/// @pre series of `runs` ascend; counts are > 0 and sum up to the columns' length, which is 1 to kMaxSegmentSamples.
std::string encode_segment(std::span<const Run> runs, std::span<const std::int64_t> timestamps,
                           std::span<const double> values);

/// Reads an encoded segment. The bytes must outlive the reader. Decodes one column at a time, so that a query that
/// needs no values never touches them. One thread at a time.
class SegmentReader {
 public:
  /// Checks header and checksum and decodes the runs. @throws DecodeError.
  explicit SegmentReader(std::span<const std::byte> bytes);

  std::size_t size() const noexcept { return size_; }  ///< Number of samples.
  std::span<const Run> runs() const noexcept { return runs_; }

  /// Decode whole columns. Every double comes back bit for bit. @throws DecodeError.
  /// @pre the span has size() entries.
  void read_timestamps(std::span<std::int64_t> out) const;
  void read_values(std::span<double> out) const;

 private:
  std::size_t size_ = 0;
  std::vector<Run> runs_;
  std::span<const std::byte> timestamps_;
  std::span<const std::byte> values_;
};

}  // namespace luminate::codec
