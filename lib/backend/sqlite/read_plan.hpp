#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

/// Segments that have to be read together, as they may hold samples of the same series at the same time: only their
/// rows of series in [first_series, last_series].
struct ReadUnit {
  std::vector<std::uint32_t> segments;  ///< By index in the list, from the oldest to the newest.
  SeriesId first_series = kNoSeries;
  SeriesId last_series = kNoSeries;
};

/// What one thread does at a time.
using ReadTask = std::vector<ReadUnit>;

/// Cuts the reading of `segments`, from the oldest to the newest, into tasks of some hundred thousand samples. It goes
/// by their rows alone, so that it does not depend on the number of threads.
/// @param whole_series whether each unit is to hold all samples of its series. Otherwise, segments that are apart in
/// series or in time are apart in units, too.
std::vector<ReadTask> plan_reads(std::span<const SegmentInfo> segments, bool whole_series);

}  // namespace luminate::sqlite
