#pragma once

#include <luminate/query.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "codec/segment.hpp"
#include "model/call.hpp"
#include "sqlite/metric_catalog.hpp"

namespace luminate::sqlite {

/// Collects the samples of chosen series from segments and gives them back series by series, in time order, each
/// timestamp once: where segments disagree, the newest wins.
class SampleGatherer {
 public:
  /// @param series ascending; the caller keeps it. Only samples in `time_range` are taken.
  SampleGatherer(std::span<const SeriesId> series, TimeRange time_range) : series_(series), time_range_(time_range) {}

  /// Takes what it wants of a segment. Segments come from the oldest to the newest.
  void add(const codec::SegmentReader& segment);

  /// Visits each series that has samples once, by its index in `series`, ascending. Spans are valid during the visit.
  using Visitor = std::function<void(std::uint32_t index, std::span<const std::int64_t> timestamps,
                                     std::span<const double> values)>;
  void for_each_series(const model::Call& call, const Visitor& visit);

  /// Samples taken so far.
  std::size_t size() const noexcept { return timestamps_.size(); }

 private:
  /// Consecutive samples of one series: part of a segment's run.
  struct Fragment {
    std::uint32_t series;
    std::uint32_t length;
    std::size_t offset;
  };

  void add_run(std::uint32_t series, std::size_t begin, std::size_t end, std::span<const std::int64_t> timestamps,
               std::span<const double> values);
  void sort_fragments();

  std::span<const SeriesId> series_;
  TimeRange time_range_;
  std::vector<Fragment> fragments_;
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;
};

/// Calls `found(run, first_row, index)` for each run of a segment whose series is among `series` (ascending), with
/// the row at which the run begins and the index in `series`. Takes time by the shorter list times the logarithm of
/// the longer.
void intersect(std::span<const codec::Run> runs, std::span<const SeriesId> series,
               const std::function<void(const codec::Run&, std::size_t, std::uint32_t)>& found);

}  // namespace luminate::sqlite
