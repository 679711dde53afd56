#pragma once

#include <luminate/query.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "codec/segment.hpp"
#include "model/call.hpp"
#include "sqlite/metric_catalog.hpp"
#include "sqlite/segment_rows.hpp"

namespace luminate::sqlite {

/// Collects the samples of chosen series from segments and gives them back series by series, in time order, each
/// timestamp once: where segments disagree, the newest wins.
class SampleGatherer {
 public:
  /// @param series ascending; the caller keeps it. Only samples in `time_range` are taken.
  SampleGatherer(std::span<const SeriesId> series, TimeRange time_range) : series_(series), time_range_(time_range) {}

  /// Makes room for so many samples.
  void reserve(std::size_t samples) {
    timestamps_.reserve(samples);
    values_.reserve(samples);
  }

  /// Takes what it wants of a segment. Segments come from the oldest to the newest.
  void add(const codec::SegmentReader& segment);

  /// Visits each series that has samples once, by its index in `series`, ascending. Spans are valid during the visit.
  using Visitor = std::function<void(std::uint32_t index, std::span<const std::int64_t> timestamps,
                                     std::span<const double> values)>;
  void for_each_series(const model::Call& call, const Visitor& visit);
  /// The same, but the samples of a series may come in several pieces, one after another, where that saves copying
  /// them.
  void for_each_piece(const model::Call& call, const Visitor& visit);

  /// Samples taken so far.
  std::size_t size() const noexcept { return timestamps_.size(); }
  /// Bytes that are kept.
  std::size_t memory() const noexcept {
    return fragments_.capacity() * sizeof(Fragment) + timestamps_.capacity() * sizeof(std::int64_t) +
           values_.capacity() * sizeof(double);
  }

 private:
  /// Consecutive samples of one series: part of a segment's run.
  struct Fragment {
    std::uint32_t series;
    std::uint32_t length;
    std::size_t offset;
  };

  void add_run(std::uint32_t series, std::span<const std::int64_t> timestamps, std::span<const double> values);
  void sort_fragments();
  void for_each_piece(const model::Call& call, bool whole_series, const Visitor& visit);
  bool order_by_time(std::span<Fragment> fragments);
  std::span<const std::int64_t> timestamps_of(const Fragment& fragment) const {
    return std::span(timestamps_).subspan(fragment.offset, fragment.length);
  }
  std::span<const double> values_of(const Fragment& fragment) const {
    return std::span(values_).subspan(fragment.offset, fragment.length);
  }

  std::span<const SeriesId> series_;
  TimeRange time_range_;
  SegmentRows rows_;
  std::vector<Fragment> fragments_;
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;

  // Kept between series for their memory.
  std::vector<Fragment> by_time_;
  std::vector<std::int64_t> merged_timestamps_;
  std::vector<double> merged_values_;
};

}  // namespace luminate::sqlite
