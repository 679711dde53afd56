#pragma once

#include <luminate/query.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/segment.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/metric_catalog.hpp"

// The rows of the table `segment`, which never change what they hold: who changes samples inserts a row with an id that
// was never used, and deletes the old one, in one transaction. This is what is written, and how queries walk them.
namespace luminate::sqlite {

struct SegmentInfo {
  std::int64_t id = 0;
  std::int64_t metric_id = 0;
  std::int64_t sequence = 0;
  std::int64_t level = 0;
  std::int64_t min_timestamp = 0;
  std::int64_t max_timestamp = 0;
  SeriesId min_series = kNoSeries;
  SeriesId max_series = kNoSeries;
  std::int64_t samples = 0;
};

struct NewSegment {
  SegmentInfo info;  ///< `id` is what the row gets.
  std::string data;
};

void insert_segment(Connection& connection, const NewSegment& segment);
void delete_segment(Connection& connection, std::int64_t id);

/// Which segments a walk visits: those of a metric that overlap the time range and the inclusive range of series.
struct SegmentQuery {
  std::int64_t metric_id = 0;
  TimeRange time_range;
  SeriesId first_series = kNoSeries;
  SeriesId last_series = kNoSeries;
};

/// Those segments, from the oldest to the newest.
std::vector<SegmentInfo> list_segments(Connection& connection, const SegmentQuery& query);

/// @throws Error storage_corrupt that names the segment.
[[noreturn]] void throw_damaged(const SegmentInfo& info, std::string_view reason);

/// Visits segments from the oldest to the newest, as they were before the walk began: the visitor may change rows.
/// @throws Error storage_corrupt that names a segment whose bytes are damaged.
void for_each_segment(Connection& connection, const SegmentQuery& query,
                      const std::function<void(const SegmentInfo&, const codec::SegmentReader&)>& visit);

}  // namespace luminate::sqlite
