#include "sqlite/segment_loader.hpp"

#include <algorithm>

#include "sqlite/schema.hpp"

namespace luminate::sqlite {
namespace {

/// Makes a statement ready for the next use, whatever happens: a row left open is a snapshot left open.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(&statement) {}
  ~ResetAtEnd() { statement_->reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement* statement_;
};

/// A merge relies on what the row says about the blob.
void check_row(const SegmentInfo& info, const codec::SegmentReader& reader) {
  const auto runs = reader.runs();
  if (runs.front().series != info.min_series || runs.back().series != info.max_series) {
    throw SegmentDamaged(info, "its row names other series");
  }
}

}  // namespace

SegmentLoader::SegmentLoader(const std::string& path)
    : path_(path),
      connection_(path, Connection::Mode::read_only),
      data_((prepare_for_reading(connection_, path), connection_.prepare("SELECT data FROM segment WHERE id = ?"))) {}

std::vector<SegmentInfo> SegmentLoader::list(std::optional<std::int64_t> metric_id) {
  Statement rows =
      connection_.prepare("SELECT " + std::string(kInfoColumns) + " FROM segment INDEXED BY segment_by_time" +
                          (metric_id ? " WHERE metric_id = ?" : " ORDER BY metric_id"));
  if (metric_id) rows.bind(1, *metric_id);
  std::vector<SegmentInfo> infos;
  while (rows.step()) infos.push_back(read_info(rows));
  return infos;
}

void SegmentLoader::visit(const SegmentInfo& info, const std::function<void(const codec::SegmentReader&)>& visit) {
  const ResetAtEnd reset(data_);
  data_.bind(1, info.id);
  try {
    if (!data_.step()) throw SegmentDamaged(info, "its row is gone");
    naming_segment(info, [&] {
      const codec::SegmentReader reader = open_segment(info, data_.blob(0));
      check_row(info, reader);
      visit(reader);
    });
  } catch (const SegmentDamaged&) {
    throw;
  } catch (const Error& error) {  // SQLite's, of a damaged page.
    if (error.code() == ErrorCode::storage_corrupt) throw SegmentDamaged(info, error.what());
    throw;
  }
}

DecodedSegment SegmentLoader::load(const SegmentInfo& info) {
  DecodedSegment decoded;
  visit(info, [&](const codec::SegmentReader& reader) {
    decoded.runs.reserve(reader.runs().size());
    for (const codec::Run& run : reader.runs()) decoded.runs.push_back({static_cast<SeriesId>(run.series), run.count});
    decoded.timestamps.resize(reader.size());
    decoded.values.resize(reader.size());
    reader.read_timestamps(decoded.timestamps);
    reader.read_values(decoded.values);
    const auto [first, last] = std::minmax_element(decoded.timestamps.begin(), decoded.timestamps.end());
    if (*first != info.min_timestamp || *last != info.max_timestamp) {
      throw SegmentDamaged(info, "its row names other times");
    }
  });
  return decoded;
}

}  // namespace luminate::sqlite
