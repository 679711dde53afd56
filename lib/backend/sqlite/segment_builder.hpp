#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

/// Where a batch's series live: indexed by Batch::SeriesIndex.
struct ResolvedSeries {
  std::int64_t metric_id = 0;
  SeriesId id = kNoSeries;  ///< kNoSeries: its points are left out.
};

/// A batch and where its series live.
struct ResolvedBatch {
  const Batch* batch = nullptr;
  std::span<const ResolvedSeries> series{};
};

/// Sorts the points of batches by (metric, series, timestamp), keeps the last of those that agree in all three, and
/// encodes one level-0 segment a metric (more where one would exceed codec::kMaxSegmentSamples). Ids and sequence
/// numbers are left open. Needs no lock: this is the work that concurrent writers do side by side.
std::vector<NewSegment> build_segments(std::span<const ResolvedBatch> batches);

/// Samples in the order in which segments hold them.
struct SegmentColumns {
  std::vector<codec::Run> runs;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
};

/// Encodes columns and fills in what the row says about them. @pre not empty.
NewSegment encode(std::int64_t metric_id, const SegmentColumns& columns);

}  // namespace luminate::sqlite
