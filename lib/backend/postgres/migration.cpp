#include "postgres/migration.hpp"

#include <optional>
#include <string>
#include <utility>

#include "postgres/locks.hpp"
#include "postgres/schema_ddl.hpp"
#include "postgres/timescale.hpp"

namespace luminate::postgres {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr int kOldestServer = 130000;
constexpr std::string_view kNotPermitted = "42501";

/// What there is before anything is touched.
struct Found {
  std::string encoding{};
  bool read_only = false;  ///< A replica, or a session that must not write.
  bool schema = false;
  bool tables = false;
  std::optional<Timescale> timescale{};
};

Found look(Connection& connection, const std::string& schema, const model::Call& call) {
  const Rows rows = connection.run({R"(
      SELECT current_setting('server_encoding'),
             pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
             to_regnamespace($1) IS NOT NULL,
             EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = $1 AND c.relname = 'schema_version'),
             (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
             (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
              WHERE e.extname = 'timescaledb'),
             coalesce(current_setting('timescaledb.license', true), '') = 'timescale')",
                                    Parameters().add(schema)},
                                   call);
  Found found{std::string(rows.text(0, 0)), rows.boolean(0, 1), rows.boolean(0, 2), rows.boolean(0, 3), {}};
  if (!rows.null(0, 4)) {
    found.timescale = Timescale{std::string(rows.text(0, 4)), std::string(rows.text(0, 5)), rows.boolean(0, 6)};
  }
  return found;
}

std::string version_text(int server_version) {
  return std::to_string(server_version / 10000) + "." + std::to_string(server_version % 10000);
}

/// The version of the tables that are there. @throws Error storage_version for one that is not known.
std::int64_t version_of(Transaction& transaction, const Settings& settings) {
  const Rows rows = transaction.run("SELECT coalesce(max(version), 0)::bigint FROM {schema}.schema_version");
  const std::int64_t version = rows.integer(0, 0);
  if (version > kVersion) {
    throw Error(ErrorCode::storage_version, "schema " + settings.schema + " of " + settings.display + " has version " +
                                                std::to_string(version) + ", and this program knows up to " +
                                                std::to_string(kVersion) + ": use a newer Luminate, or another schema");
  }
  return version;
}

void migrate(Transaction& transaction, const Found& found, const Settings& settings) {
  transaction.run({lock_statement(settings.schema, Lock::migration, LockMode::exclusive, 0)});
  // Others may have been here while this one waited.
  const Rows rows = transaction.run(
      "SELECT to_regclass('{schema}.schema_version') IS NOT NULL,"
      " to_regnamespace('{schema}') IS NOT NULL");
  if (rows.boolean(0, 0)) {
    if (version_of(transaction, settings) == kVersion) return;
  }
  // Even with IF NOT EXISTS this asks for the right to make one.
  if (!rows.boolean(0, 1)) transaction.run("CREATE SCHEMA {schema}");
  const bool hypertable = found.timescale && found.timescale->recent();
  std::vector<Statement> statements;
  for (std::string& text : tables_of_version_1(!hypertable)) statements.push_back({std::move(text)});
  statements.push_back({"INSERT INTO {schema}.schema_version (version) VALUES ($1::int)", Parameters().add(kVersion)});
  transaction.run(std::move(statements));
  if (hypertable) make_hypertable(transaction, *found.timescale);
}

/// What `sample` is.
Abilities abilities_of(Transaction& transaction, const Found& found, const Settings& settings) {
  Abilities abilities;
  const Rows rows = transaction.run("SELECT relkind = 'p' FROM pg_class WHERE oid = '{schema}.sample'::regclass");
  if (rows.boolean(0, 0)) return abilities;
  std::optional<Hypertable> table;
  if (found.timescale) table = find_hypertable(transaction, settings.schema);
  if (!table) {
    throw Error(ErrorCode::storage_version,
                "the samples of schema " + settings.schema + " of " + settings.display +
                    " were kept by TimescaleDB, which this database does not have any more: install the extension and "
                    "restore a backup that was made with it, or use another schema");
  }
  abilities.hypertable = true;
  abilities.compression = table->compressed && found.timescale->community;
  return abilities;
}

/// The edition may have changed, or how old chunks are compressed.
void set_compression(ConnectionPool& pool, const Found& found, const Options& options, Abilities& abilities,
                     const model::Call& call) {
  if (!abilities.hypertable || !found.timescale->community || found.read_only) return;
  Transaction transaction(pool, Access::write, call);
  const std::string& schema = pool.settings().schema;
  transaction.run({lock_statement(schema, Lock::migration, LockMode::exclusive, 0)});
  const auto table = find_hypertable(transaction, schema);
  if (!table) return;
  compress_chunks(transaction, *found.timescale, schema, *table, options.postgres.compress_after);
  abilities.compression = find_hypertable(transaction, schema)->compressed;
  transaction.commit();
}

void tell(const Options& options, const Settings& settings, const Found& found, const Abilities& abilities) {
  if (!options.logger) return;
  std::string text = "using schema " + settings.schema + " of " + settings.display + ": PostgreSQL " +
                     version_text(abilities.server_version);
  if (found.timescale) text += ", TimescaleDB " + found.timescale->version;
  if (abilities.hypertable) {
    text += abilities.compression ? ", samples in a hypertable that compresses" : ", samples in a hypertable";
  } else {
    text += ", samples in a partition a day";
    if (found.timescale) {
      text += found.timescale->recent() ? " (made before TimescaleDB came; a new schema would use it)"
                                        : " (TimescaleDB before 2.20 is not used)";
    }
  }
  options.logger(LogLevel::info, text);
}

}  // namespace

Abilities prepare_schema(ConnectionPool& pool, const Options& options, const model::Call& call) {
  const Settings& settings = pool.settings();
  int server_version = 0;
  const Found found = [&] {
    auto connection = pool.take(call);
    server_version = connection->server_version();
    if (server_version < kOldestServer) {
      throw Error(ErrorCode::storage_version, settings.display + " is PostgreSQL " + version_text(server_version) +
                                                  ": the store needs 13 or later");
    }
    return look(*connection, settings.schema, call);
  }();
  if (found.encoding != "UTF8") {
    throw Error(ErrorCode::storage_version, "the database of " + settings.display + " has the encoding " +
                                                found.encoding +
                                                ": create one WITH ENCODING 'UTF8' TEMPLATE template0");
  }
  const bool read_only = found.read_only || options.read_only || settings.read_only;
  if (!found.tables && read_only) {
    throw Error(ErrorCode::storage_version, "schema " + settings.schema + " of " + settings.display +
                                                " holds no store, and none can be made there: it is read-only");
  }
  Abilities abilities;
  try {
    bool current = false;
    if (found.tables) {
      Transaction transaction(pool, Access::write, call);  // It only looks.
      const std::int64_t version = version_of(transaction, settings);
      current = version == kVersion;
      if (!current && read_only) {
        throw Error(
            ErrorCode::storage_version,
            "schema " + settings.schema + " of " + settings.display + " has version " + std::to_string(version) +
                " and is read-only: open it for writing once, to bring it to version " + std::to_string(kVersion));
      }
    }
    if (!current) {
      Transaction transaction(pool, Access::write, call);
      migrate(transaction, found, settings);
      transaction.commit();
    }
    {
      Transaction transaction(pool, Access::write, call);  // It only looks.
      abilities = abilities_of(transaction, found, settings);
    }
    if (!read_only) set_compression(pool, found, options, abilities, call);
  } catch (const SqlError& error) {
    if (error.state() != kNotPermitted) throw;
    throw SqlError(error.state(), error.message(),
                   "the store's user needs a schema of its own, which an administrator makes with: CREATE SCHEMA " +
                       settings.schema + " AUTHORIZATION the_user");
  }
  abilities.server_version = server_version;
  tell(options, settings, found, abilities);
  return abilities;
}

}  // namespace luminate::postgres
