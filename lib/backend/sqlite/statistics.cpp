#include "sqlite/statistics.hpp"

#include <filesystem>
#include <system_error>

#include "sqlite/file_space.hpp"

namespace luminate::sqlite {
namespace {

std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

std::uint64_t count(Connection& connection, std::string_view sql) {
  return static_cast<std::uint64_t>(connection.query_integer(sql));
}

}  // namespace

StoreStatistics read_statistics(Connection& connection, const std::string& path) {
  StoreStatistics statistics;
  statistics.file_bytes = size_of(path);
  statistics.log_bytes = size_of(path + "-wal");
  const FileSpace space = read_space(connection);
  statistics.free_bytes = static_cast<std::uint64_t>(space.free_pages * space.page_bytes);
  statistics.metrics = count(connection, "SELECT count(*) FROM metric");
  statistics.series = count(connection, "SELECT count(*) FROM series");
  Statement segments =
      connection.prepare("SELECT count(*), total(level = 0), total(samples) FROM segment INDEXED BY segment_by_time");
  segments.step();
  statistics.segments = static_cast<std::uint64_t>(segments.integer(0));
  statistics.waiting_segments = static_cast<std::uint64_t>(segments.integer(1));
  statistics.samples = static_cast<std::uint64_t>(segments.integer(2));
  return statistics;
}

void add_counters(const Writer::Counters& counters, StoreStatistics& statistics) {
  statistics.ingested_bytes = counters.ingested_bytes;
  statistics.compacted_bytes = counters.rewritten_bytes;
  statistics.compactions = counters.merges;
  if (statistics.ingested_bytes > 0) {
    statistics.write_amplification = static_cast<double>(statistics.ingested_bytes + statistics.compacted_bytes) /
                                     static_cast<double>(statistics.ingested_bytes);
  }
}

}  // namespace luminate::sqlite
