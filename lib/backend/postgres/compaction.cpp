#include "postgres/compaction.hpp"

#include <algorithm>
#include <string>

#include "postgres/timescale.hpp"

namespace luminate::postgres {
namespace {

using model::Call;

/// Tables up to this size are counted.
constexpr std::int64_t kQuicklyCounted = 64 << 20;

/// @returns how many were compressed.
std::uint64_t compress_all(Database& database, const Call& call) {
  std::uint64_t done = 0;
  const std::vector<Chunk> all = database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    return chunks(transaction, database.pool().settings().schema);
  });
  for (const Chunk& chunk : all) {
    call.check();
    try {
      Transaction transaction = database.begin(Access::write, call);
      transaction.run({lock_timeout(std::chrono::seconds(5))});
      compress_chunk(transaction, chunk);
      transaction.commit();
      ++done;
    } catch (const SqlError& error) {
      // Somebody writes to it, or has dropped it: another time.
      if (error.connection_lost() || error.code() == ErrorCode::query_timeout) throw;
      database.log(LogLevel::debug, "the chunk " + chunk.table + " was not compressed: " + error.what());
    }
  }
  return done;
}

void vacuum(Database& database, const Call& call) {
  const auto connection = database.pool().take(call);
  const std::string& schema = database.pool().settings().schema;
  // None of these can be in a transaction.
  for (const char* table : {"sample", "series", "metric"}) {
    connection->run({"VACUUM (ANALYZE, SKIP_LOCKED) " + schema + "." + table}, call);
  }
}

StoreStatistics partition_statistics(Transaction& transaction) {
  // Rows as the planner estimates them: those of the last ANALYZE, by how much the table has grown since.
  const Rows rows = transaction.run(R"(
      SELECT sum(pg_total_relation_size(c.oid))::bigint, count(*),
             coalesce(sum(CASE WHEN c.relpages > 0 THEN greatest(c.reltuples, 0) / c.relpages * pg_relation_size(c.oid)
                      / current_setting('block_size')::int ELSE pg_relation_size(c.oid) / 64.0 END), 0)::bigint
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '{schema}.sample'::regclass)");
  StoreStatistics statistics;
  statistics.file_bytes = static_cast<std::uint64_t>(rows.integer(0, 0));
  statistics.segments = static_cast<std::uint64_t>(rows.integer(0, 1));
  statistics.samples = static_cast<std::uint64_t>(rows.integer(0, 2));
  return statistics;
}

StoreStatistics hypertable_statistics(Transaction& transaction, const std::string& schema, bool compression) {
  const std::string functions = timescale_functions(transaction);
  const Rows rows =
      transaction.run("SELECT coalesce(" + functions + "hypertable_size('{schema}.sample'), 0)::bigint, " + functions +
                      "approximate_row_count('{schema}.sample')::bigint");
  StoreStatistics statistics;
  statistics.file_bytes = static_cast<std::uint64_t>(rows.integer(0, 0));
  statistics.samples = static_cast<std::uint64_t>(std::max<std::int64_t>(rows.integer(0, 1), 0));
  for (const Chunk& chunk : chunks(transaction, schema)) {
    ++statistics.segments;
    if (compression && !chunk.compressed) ++statistics.waiting_segments;
  }
  return statistics;
}

}  // namespace

CompactionReport compact(Database& database, Partitions& partitions, const Call& call) {
  const Abilities abilities = database.abilities(call);
  CompactionReport report;
  report.merges = abilities.compression ? compress_all(database, call) : partitions.fill(call);
  vacuum(database, call);
  return report;
}

StoreStatistics statistics(Database& database, const Call& call) {
  const Abilities abilities = database.abilities(call);
  const std::string& schema = database.pool().settings().schema;
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    StoreStatistics statistics = abilities.hypertable
                                     ? hypertable_statistics(transaction, schema, abilities.compression)
                                     : partition_statistics(transaction);
    if (statistics.file_bytes <= kQuicklyCounted) {
      statistics.samples =
          static_cast<std::uint64_t>(transaction.run("SELECT count(*) FROM {schema}.sample").integer(0, 0));
    }
    const Rows catalog = transaction.run(
        "SELECT count(*), coalesce(sum(series), 0)::bigint, pg_total_relation_size('{schema}.series')"
        " + pg_total_relation_size('{schema}.metric') FROM {schema}.metric");
    statistics.metrics = static_cast<std::uint64_t>(catalog.integer(0, 0));
    statistics.series = static_cast<std::uint64_t>(catalog.integer(0, 1));
    statistics.file_bytes += static_cast<std::uint64_t>(catalog.integer(0, 2));
    return statistics;
  });
}

}  // namespace luminate::postgres
