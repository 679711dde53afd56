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

}  // namespace luminate::postgres
