#pragma once

#include <luminate/query.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codec/segment.hpp"
#include "sqlite/metric_catalog.hpp"

namespace luminate::sqlite {

/// Calls `found(run, first_row, index)` for each run of a segment whose series is among `series` (ascending), with
/// the row at which the run begins and the index in `series`. Takes time by the shorter list times the logarithm of
/// the longer.
template <class Found>
void intersect(std::span<const codec::Run> runs, std::span<const SeriesId> series, const Found& found) {
  std::size_t row = 0;
  // All of a metric's series, or all of a range of them: ids without gaps need no search.
  if (!series.empty() && series.back() - series.front() + std::size_t{1} == series.size()) {
    for (const codec::Run& run : runs) {
      if (run.series > series.back()) return;
      if (run.series >= series.front()) found(run, row, static_cast<std::size_t>(run.series - series.front()));
      row += run.count;
    }
    return;
  }
  auto wanted = series.begin();
  for (const codec::Run& run : runs) {
    // Galloping: series that are close together cost a step each, distant ones a logarithm.
    std::ptrdiff_t step = 1;
    while (series.end() - wanted > step && wanted[step] < run.series) {
      wanted += step;
      step *= 2;
    }
    wanted = std::lower_bound(wanted, wanted + std::min<std::ptrdiff_t>(step + 1, series.end() - wanted), run.series);
    if (wanted == series.end()) return;
    if (*wanted == run.series) found(run, row, static_cast<std::size_t>(wanted - series.begin()));
    row += run.count;
  }
}

/// Decodes the runs of chosen series, and of segments that hold many others too little more than those. Keeps its
/// buffers from one segment to the next. One thread at a time.
class SegmentRows {
 public:
  /// What is to be read of a segment.
  struct Request {
    std::span<const SeriesId> series;  ///< Ascending.
    TimeRange time_range;
    bool cut = true;         ///< Whether there may be samples outside of the range. Needs timestamps.
    bool timestamps = true;  ///< Otherwise their spans are empty.
  };

  /// Calls visit(index, timestamps, values) for each run that has samples, with the index of its series, ascending. The
  /// spans are valid during the call. @throws codec::DecodeError.
  template <class Visit>
  void visit(const codec::SegmentReader& segment, const Request& request, const Visit& visit) {
    find_runs(segment, request.series);
    for (std::size_t first = 0; first < found_.size();) {
      const std::size_t last = decode(segment, first, request.timestamps);
      for (; first < last; ++first) visit_run(found_[first], request, visit);
    }
  }

 private:
  struct Found {
    std::size_t index;  ///< Of the series.
    std::size_t row;
    std::size_t count;
  };

  void find_runs(const codec::SegmentReader& segment, std::span<const SeriesId> series);
  /// Decodes rows from found_[first] on, and returns up to which entry of found_ they reach.
  std::size_t decode(const codec::SegmentReader& segment, std::size_t first, bool timestamps);

  template <class Visit>
  void visit_run(const Found& run, const Request& request, const Visit& visit) const {
    const std::size_t at = run.row - decoded_from_;
    auto values = std::span<const double>(values_).subspan(at, run.count);
    std::span<const std::int64_t> timestamps;
    if (request.timestamps) timestamps = std::span<const std::int64_t>(timestamps_).subspan(at, run.count);
    if (request.cut) {
      const auto begin = std::lower_bound(timestamps.begin(), timestamps.end(), request.time_range.start_ms);
      const auto end = std::lower_bound(begin, timestamps.end(), request.time_range.end_ms);
      const auto skipped = static_cast<std::size_t>(begin - timestamps.begin());
      const auto length = static_cast<std::size_t>(end - begin);
      timestamps = timestamps.subspan(skipped, length);
      values = values.subspan(skipped, length);
    }
    if (!values.empty()) visit(run.index, timestamps, values);
  }

  std::vector<Found> found_;
  bool whole_ = true;             ///< Whether to decode all rows at once.
  std::size_t decoded_from_ = 0;  ///< The row at which the buffers begin.
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;
};

}  // namespace luminate::sqlite
