#pragma once

#include <luminate/error.hpp>
#include <luminate/query.hpp>

#include <cstddef>
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

/// The columns that read_info() reads, for SELECTs.
inline constexpr std::string_view kInfoColumns =
    "id, metric_id, sequence, level, min_timestamp, max_timestamp, min_series, max_series, samples";
SegmentInfo read_info(const Statement& row);

/// A segment that cannot be read, as storage_corrupt.
class SegmentDamaged : public Error {
 public:
  SegmentDamaged(const SegmentInfo& info, std::string_view reason);
  std::int64_t id() const noexcept { return id_; }

 private:
  std::int64_t id_;
};

/// The content of a row. @throws SegmentDamaged, codec::DecodeError.
codec::SegmentReader open_segment(const SegmentInfo& info, std::span<const std::byte> data);

/// Calls `read`, and throws what the codec says as SegmentDamaged.
template <class Read>
auto naming_segment(const SegmentInfo& info, const Read& read) {
  try {
    return read();
  } catch (const codec::DecodeError& error) {
    throw SegmentDamaged(info, error.what());
  }
}

/// Visits segments from the oldest to the newest, as they were before the walk began: the visitor may change rows.
/// @throws SegmentDamaged.
void for_each_segment(Connection& connection, const SegmentQuery& query,
                      const std::function<void(const SegmentInfo&, const codec::SegmentReader&)>& visit);

}  // namespace luminate::sqlite
