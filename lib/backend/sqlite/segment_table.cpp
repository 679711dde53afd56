#include "sqlite/segment_table.hpp"

#include <luminate/error.hpp>

#include <vector>

namespace luminate::sqlite {
std::vector<SegmentInfo> list_segments(Connection& connection, const SegmentQuery& query) {
  Statement rows = connection.prepare(
      "SELECT id, sequence, level, min_timestamp, max_timestamp, min_series, max_series, samples FROM segment"
      " WHERE metric_id = ? AND min_timestamp < ? AND max_timestamp >= ? AND max_series >= ? AND min_series <= ?"
      " ORDER BY sequence");
  rows.bind(1, query.metric_id)
      .bind(2, query.time_range.end_ms)
      .bind(3, query.time_range.start_ms)
      .bind(4, std::int64_t{query.first_series})
      .bind(5, std::int64_t{query.last_series});
  std::vector<SegmentInfo> infos;
  while (rows.step()) {
    infos.push_back({.id = rows.integer(0),
                     .metric_id = query.metric_id,
                     .sequence = rows.integer(1),
                     .level = rows.integer(2),
                     .min_timestamp = rows.integer(3),
                     .max_timestamp = rows.integer(4),
                     .min_series = static_cast<SeriesId>(rows.integer(5)),
                     .max_series = static_cast<SeriesId>(rows.integer(6)),
                     .samples = rows.integer(7)});
  }
  return infos;
}

void throw_damaged(const SegmentInfo& info, std::string_view reason) {
  throw Error(ErrorCode::storage_corrupt, "segment " + std::to_string(info.id) + " of metric " +
                                              std::to_string(info.metric_id) + " is damaged: " + std::string(reason) +
                                              "; restore the file from a backup");
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
    if (!row.step()) throw_damaged(info, "its row is gone");
    try {
      const codec::SegmentReader reader(row.blob(0));
      if (reader.size() != static_cast<std::size_t>(info.samples)) throw_damaged(info, "its row counts other samples");
      visit(info, reader);
    } catch (const codec::DecodeError& error) {
      throw_damaged(info, error.what());
    }
    row.reset();
  }
}

}  // namespace luminate::sqlite
