#include "sqlite/segment_table.hpp"

#include <string>

namespace luminate::sqlite {

SegmentInfo read_info(const Statement& row) {
  return {.id = row.integer(0),
          .metric_id = row.integer(1),
          .sequence = row.integer(2),
          .level = row.integer(3),
          .min_timestamp = row.integer(4),
          .max_timestamp = row.integer(5),
          .min_series = static_cast<SeriesId>(row.integer(6)),
          .max_series = static_cast<SeriesId>(row.integer(7)),
          .samples = row.integer(8)};
}

std::vector<SegmentInfo> list_segments(Connection& connection, const SegmentQuery& query) {
  Statement rows = connection.prepare(
      "SELECT " + std::string(kInfoColumns) +
      " FROM segment"
      " WHERE metric_id = ? AND min_timestamp < ? AND max_timestamp >= ? AND max_series >= ? AND min_series <= ?"
      " ORDER BY sequence");
  rows.bind(1, query.metric_id)
      .bind(2, query.time_range.end_ms)
      .bind(3, query.time_range.start_ms)
      .bind(4, std::int64_t{query.first_series})
      .bind(5, std::int64_t{query.last_series});
  std::vector<SegmentInfo> infos;
  while (rows.step()) infos.push_back(read_info(rows));
  return infos;
}

SegmentDamaged::SegmentDamaged(const SegmentInfo& info, std::string_view reason)
    : Error(ErrorCode::storage_corrupt, "segment " + std::to_string(info.id) + " of metric " +
                                            std::to_string(info.metric_id) + " is damaged: " + std::string(reason) +
                                            "; restore the file from a backup"),
      id_(info.id) {}

codec::SegmentReader open_segment(const SegmentInfo& info, std::span<const std::byte> data) {
  codec::SegmentReader segment(data);
  if (segment.size() != static_cast<std::size_t>(info.samples)) {
    throw SegmentDamaged(info, "its row counts other samples");
  }
  return segment;
}

void insert_segment(Connection& connection, const NewSegment& segment) {
  Statement statement = connection.prepare(
      "INSERT INTO segment(id, min_timestamp, max_timestamp, min_series, max_series, samples, data,"
      " metric_id, sequence, level) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  const SegmentInfo& info = segment.info;
  statement.bind(1, info.id)
      .bind(2, info.min_timestamp)
      .bind(3, info.max_timestamp)
      .bind(4, std::int64_t{info.min_series})
      .bind(5, std::int64_t{info.max_series})
      .bind(6, info.samples)
      .bind(7, std::as_bytes(std::span(segment.data)))
      .bind(8, info.metric_id)
      .bind(9, info.sequence)
      .bind(10, info.level)
      .run();
}

void delete_segment(Connection& connection, std::int64_t id) {
  connection.prepare("DELETE FROM segment WHERE id = ?").bind(1, id).run();
}

void for_each_segment(Connection& connection, const SegmentQuery& query,
                      const std::function<void(const SegmentInfo&, const codec::SegmentReader&)>& visit) {
  Statement row = connection.prepare("SELECT data FROM segment WHERE id = ?");
  for (const SegmentInfo& info : list_segments(connection, query)) {
    row.bind(1, info.id);
    if (!row.step()) throw SegmentDamaged(info, "its row is gone");
    naming_segment(info, [&] { visit(info, open_segment(info, row.blob(0))); });
    row.reset();
  }
}

}  // namespace luminate::sqlite
