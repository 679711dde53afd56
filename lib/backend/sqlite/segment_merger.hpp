#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "sqlite/segment_builder.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

/// A segment, decoded.
struct DecodedSegment {
  struct Run {
    SeriesId series;
    std::uint32_t count;
  };
  std::vector<Run> runs;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
};

/// Merges segments of one metric: gives their samples series by series, in time order, each timestamp once; where
/// segments disagree, the one with the larger sequence number is right. A segment is loaded when its first series is
/// reached and let go behind its last, so that of runs that are split by series one piece each is in memory.
class SegmentMerger {
 public:
  using Load = std::function<DecodedSegment(const SegmentInfo&)>;
  /// Called once for each series, ascending, but only for those with samples. Spans are valid during the call.
  using Sink = std::function<void(SeriesId, std::span<const std::int64_t> timestamps, std::span<const double> values)>;

  SegmentMerger(std::vector<SegmentInfo> inputs, Load load);

  /// @throws Error cancelled soon after `stop` asks for it.
  void run(const Sink& sink, const std::stop_token& stop);

 private:
  /// An input that has been loaded, and how far it has been taken.
  struct Source {
    std::int64_t sequence;
    std::int64_t id;
    DecodedSegment segment;
    std::size_t run = 0;
    std::size_t row = 0;
  };
  /// Consecutive samples of one series in one source.
  struct Fragment {
    std::uint32_t series;  ///< Counted from the first of the window.
    std::uint32_t count;
    const std::int64_t* timestamps;
    const double* values;
  };

  void open_until(std::uint64_t end);
  std::uint64_t next_series() const;
  void take_fragments(std::uint64_t begin, std::uint64_t end);
  void sort_fragments();
  void emit(std::uint64_t begin, const Sink& sink);

  std::vector<SegmentInfo> inputs_;  ///< By first series.
  Load load_;
  std::size_t next_input_ = 0;
  std::vector<Source> sources_;  ///< Oldest first.
  std::vector<Fragment> fragments_;
  std::vector<Fragment> sorted_;
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;
};

/// Cuts what a merge gives into pieces: each within one UTC day, of at most kPieceSamples, encoded. A series of a day
/// is in one piece, unless it alone has more.
class PieceBuilder {
 public:
  explicit PieceBuilder(std::int64_t metric_id) : metric_id_(metric_id) {}

  void add(SeriesId series, std::span<const std::int64_t> timestamps, std::span<const double> values);
  /// Ids, levels and sequence numbers are left open.
  std::vector<NewSegment> finish() &&;

 private:
  struct Day {
    std::int64_t number;
    SegmentColumns columns{};
  };
  Day& day(std::int64_t number);
  void append(Day& day, SeriesId series, std::span<const std::int64_t> timestamps, std::span<const double> values);
  void flush(Day& day);

  const std::int64_t metric_id_;
  std::vector<Day> days_;     ///< By number.
  std::size_t last_day_ = 0;  ///< Where the last samples went, and the next most likely do.
  std::vector<NewSegment> pieces_;
};

}  // namespace luminate::sqlite
