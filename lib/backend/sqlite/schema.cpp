#include "sqlite/schema.hpp"

#include <luminate/error.hpp>

namespace luminate::sqlite {
namespace {

// Frozen: "Lumi" in ASCII, shown by file(1) and checked on every open.
constexpr std::int64_t kApplicationId = 0x4C756D69;
constexpr std::int64_t kSchemaVersion = 1;

// word: every dimension key and value once. No index on its text: the catalog has that in memory.
// series.dimensions: pairs of word ids, each as LEB128; numbered from 1 within their metric.
// segment: what lib/codec made, with what a query needs to pass it by. `sequence` orders segments by age: where two
// hold the same (series, timestamp), the larger one is right.
constexpr const char* kTables = R"sql(
  CREATE TABLE catalog_version(additions INTEGER NOT NULL, removals INTEGER NOT NULL);
  INSERT INTO catalog_version VALUES (0, 0);
  CREATE TABLE metric(
    id INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (tenant, name));
  CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
  CREATE TABLE series(
    metric_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    dimensions BLOB NOT NULL,
    PRIMARY KEY (metric_id, id)) WITHOUT ROWID;
  CREATE TABLE segment(
    id INTEGER PRIMARY KEY,
    metric_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    level INTEGER NOT NULL,
    min_timestamp INTEGER NOT NULL,
    max_timestamp INTEGER NOT NULL,
    min_series INTEGER NOT NULL,
    max_series INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    data BLOB NOT NULL);
  CREATE INDEX segment_by_time ON segment(
    metric_id, min_timestamp, max_timestamp, min_series, max_series, sequence, level, samples);
)sql";

// Tables that came later, made in files that lack them; who does not know them reads the file all the same.
// segment_id: the largest id of a segment that ever was, as far as the table of segments does not tell.
// retention: how long a tenant's metrics are kept; 0 is for ever.
constexpr const char* kLaterTables = R"sql(
  CREATE TABLE IF NOT EXISTS segment_id(largest INTEGER NOT NULL);
  INSERT INTO segment_id SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM segment_id);
  CREATE TABLE IF NOT EXISTS retention(
    tenant TEXT NOT NULL,
    pattern TEXT NOT NULL,
    keep_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, pattern)) WITHOUT ROWID;
)sql";

void check_version(Connection& connection, const std::string& path) {
  if (connection.query_integer("PRAGMA application_id") != kApplicationId) {
    throw Error(ErrorCode::storage_version, path + " is a SQLite database, but no Luminate store; choose another path");
  }
  const std::int64_t version = connection.query_integer("PRAGMA user_version");
  if (version > kSchemaVersion) {
    throw Error(ErrorCode::storage_version, path + " was written by a newer Luminate (format " +
                                                std::to_string(version) + ", this version knows " +
                                                std::to_string(kSchemaVersion) + "); upgrade to open it");
  }
}

}  // namespace

void prepare_for_writing(Connection& connection, const std::string& path, Durability durability) {
  if (connection.query_integer("SELECT count(*) FROM sqlite_schema") == 0 &&
      connection.query_integer("PRAGMA application_id") == 0) {
    // These two must come before the first table, and outside of a transaction.
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL");
    connection.execute("PRAGMA journal_mode = WAL");
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(kTables);
    connection.execute(kLaterTables);
    connection.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    connection.execute(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    transaction.commit();
  }
  check_version(connection, path);
  connection.execute("PRAGMA journal_mode = WAL");
  connection.execute(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  connection.execute("PRAGMA secure_delete = OFF");  // Debian turns it on: it writes every freed page once more.
  connection.execute("PRAGMA temp_store = MEMORY");
  if (connection.query_integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('segment_id', 'retention')") < 2) {
    Transaction transaction(connection, Transaction::Kind::write);
    connection.execute(kLaterTables);
    transaction.commit();
  }
}

void prepare_for_reading(Connection& connection, const std::string& path) {
  check_version(connection, path);
}

}  // namespace luminate::sqlite
