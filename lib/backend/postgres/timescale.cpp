#include "postgres/timescale.hpp"

#include <charconv>
#include <cstdint>

namespace luminate::postgres {

bool Timescale::recent() const noexcept {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, major);
  if (error != std::errc() || dot == end) return false;
  std::from_chars(dot + 1, end, minor);
  return major > 2 || (major == 2 && minor >= 20);
}

std::optional<Hypertable> find_hypertable(Transaction& transaction, const std::string& schema) {
  const Rows rows = transaction.run(
      "SELECT compression_enabled FROM timescaledb_information.hypertables"
      " WHERE hypertable_schema = $1 AND hypertable_name = 'sample'",
      Parameters().add(schema));
  if (rows.empty()) return std::nullopt;
  return Hypertable{rows.boolean(0, 0)};
}

void make_hypertable(Transaction& transaction, const Timescale& timescale) {
  // No index on ts beside the primary key: chunks of a day leave little for it to do, and each insert would pay.
  transaction.run("SELECT " + timescale.schema + ".create_hypertable('{schema}.sample'::regclass, " + timescale.schema +
                  ".by_range('ts', INTERVAL '1 day'), create_default_indexes => false)");
}

void compress_chunks(Transaction& transaction, const Timescale& timescale, const std::string& schema,
                     const Hypertable& table, std::chrono::milliseconds after) {
  if (!table.compressed) {
    if (after.count() == 0) return;
    transaction.run(
        "ALTER TABLE {schema}.sample SET (timescaledb.compress, timescaledb.compress_segmentby = 'series_id',"
        " timescaledb.compress_orderby = 'ts')");
  }
  const Rows policy = transaction.run(
      "SELECT (extract(epoch FROM (config->>'compress_after')::interval) * 1000)::bigint"
      " FROM timescaledb_information.jobs"
      " WHERE proc_name = 'policy_compression' AND hypertable_schema = $1 AND hypertable_name = 'sample'",
      Parameters().add(schema));
  const std::int64_t known = policy.empty() ? 0 : policy.integer(0, 0);
  if (known == after.count()) return;
  if (!policy.empty()) {
    transaction.run("SELECT " + timescale.schema + ".remove_compression_policy('{schema}.sample'::regclass)");
  }
  if (after.count() == 0) return;
  transaction.run("SELECT " + timescale.schema +
                      ".add_compression_policy('{schema}.sample'::regclass,"
                      " compress_after => make_interval(secs => $1::double precision / 1000))",
                  Parameters().add(std::int64_t{after.count()}));
}

std::string timescale_functions(Transaction& transaction) {
  const Rows rows = transaction.run(
      "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
      " WHERE e.extname = 'timescaledb'");
  if (rows.empty())
    throw Error(ErrorCode::storage_corrupt, "the extension TimescaleDB was dropped while it was in use");
  return std::string(rows.text(0, 0)) + ".";
}

std::vector<Chunk> chunks(Transaction& transaction, const std::string& schema) {
  const Rows rows = transaction.run(
      "SELECT format('%I.%I', chunk_schema, chunk_name), range_start, range_end, is_compressed"
      " FROM timescaledb_information.chunks WHERE hypertable_schema = $1 AND hypertable_name = 'sample'"
      " ORDER BY range_start",
      Parameters().add(schema));
  std::vector<Chunk> chunks;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    chunks.push_back(
        {std::string(rows.text(row, 0)), rows.time_ms(row, 1), rows.time_ms(row, 2), rows.boolean(row, 3)});
  }
  return chunks;
}

void drop_chunk(Transaction& transaction, const Chunk& chunk) {
  transaction.run("SELECT " + timescale_functions(transaction) +
                      "drop_chunks('{schema}.sample'::regclass, older_than => $2::timestamptz,"
                      " newer_than => $1::timestamptz)",
                  Parameters().add_time(chunk.from_ms).add_time(chunk.to_ms));
}

void compress_chunk(Transaction& transaction, const Chunk& chunk) {
  transaction.run("SELECT " + timescale_functions(transaction) + "compress_chunk($1::text::regclass, true)",
                  Parameters().add(chunk.table));
}

}  // namespace luminate::postgres
