#include "postgres/schema_ddl.hpp"

#include <string_view>

namespace luminate::postgres {
namespace {

// Collation "C" orders by bytes, as the store does, and spares comparisons by language. canonical is what
// Dimensions order by: keys and values, separated by \x01, which none of them contains.
constexpr std::string_view kCatalog[] = {
    R"(CREATE TABLE {schema}.schema_version (
         version int PRIMARY KEY,
         applied_at timestamptz NOT NULL DEFAULT now()))",
    R"(CREATE TABLE {schema}.generation (value bigint NOT NULL))",
    R"(INSERT INTO {schema}.generation VALUES (0))",
    R"(CREATE TABLE {schema}.metric (
         id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         tenant text COLLATE "C" NOT NULL,
         name text COLLATE "C" NOT NULL,
         series bigint NOT NULL DEFAULT 0,
         UNIQUE (tenant, name)))",
    R"(CREATE TABLE {schema}.series (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         metric_id int NOT NULL REFERENCES {schema}.metric,
         fingerprint bytea NOT NULL,
         dimensions jsonb NOT NULL,
         canonical text COLLATE "C" NOT NULL,
         UNIQUE (metric_id, fingerprint)))",
    R"(CREATE INDEX series_dimensions ON {schema}.series USING gin (dimensions jsonb_path_ops))",
    R"(CREATE TABLE {schema}.retention (
         tenant text COLLATE "C" NOT NULL,
         pattern text COLLATE "C" NOT NULL,
         keep_ms bigint NOT NULL,
         PRIMARY KEY (tenant, pattern)))",
    R"(CREATE TABLE {schema}.maintenance (task text PRIMARY KEY, due timestamptz NOT NULL))",
    R"(INSERT INTO {schema}.maintenance VALUES ('retention', '-infinity'))",
};

constexpr std::string_view kSample = R"(CREATE TABLE {schema}.sample (
         series_id bigint NOT NULL,
         ts timestamptz NOT NULL,
         value double precision NOT NULL,
         PRIMARY KEY (series_id, ts)))";

constexpr std::string_view kViews[] = {
    R"(CREATE VIEW {schema}.points AS
         SELECT m.name, m.tenant, s.ts, s.value, r.dimensions
         FROM {schema}.sample s
         JOIN {schema}.series r ON r.id = s.series_id
         JOIN {schema}.metric m ON m.id = r.metric_id)",
    R"(COMMENT ON SCHEMA {schema} IS
         'Metrics, kept by Luminate. To look at them: SELECT * FROM {schema}.points WHERE name = ''...'' AND ts > now() - interval ''1 hour''')",
    R"(COMMENT ON TABLE {schema}.schema_version IS 'Versions of these tables; the largest holds')",
    R"(COMMENT ON TABLE {schema}.generation IS
         'One row: grows whenever series cease to exist, so that servers forget the ids they remember')",
    R"(COMMENT ON TABLE {schema}.metric IS 'A row for every metric of every tenant')",
    R"(COMMENT ON COLUMN {schema}.metric.tenant IS 'Empty: of no tenant')",
    R"(COMMENT ON COLUMN {schema}.metric.series IS 'How many series it has')",
    R"(COMMENT ON TABLE {schema}.series IS 'A row for every set of dimensions that a metric was written with')",
    R"(COMMENT ON COLUMN {schema}.series.fingerprint IS 'SHA-256 of canonical in UTF-8')",
    R"(COMMENT ON COLUMN {schema}.series.canonical IS
         'Keys and values, sorted by key, separated by the character 1: what series are ordered by')",
    R"(COMMENT ON TABLE {schema}.sample IS
         'The samples of series; with names and dimensions in {schema}.points. Always ask for a range of ts')",
    R"(COMMENT ON TABLE {schema}.retention IS
         'How long metrics are kept whose name fits the pattern, the longest that does; 0: for ever')",
    R"(COMMENT ON TABLE {schema}.maintenance IS 'What the servers do in turn, and when it is due')",
    R"(COMMENT ON VIEW {schema}.points IS
         'Every sample with its name, tenant and dimensions. Always ask for a range of ts, else all of it is read')",
};

}  // namespace

std::vector<std::string> tables_of_version_1(bool partitioned) {
  std::vector<std::string> texts(std::begin(kCatalog), std::end(kCatalog));
  texts.emplace_back(kSample);
  if (partitioned) {
    texts.back() += " PARTITION BY RANGE (ts)";
    // Takes what has no partition of its own, so that no sample is ever refused for its time.
    // Samples come in about the order of time, so few pages of a day hold an hour of it. Measured over a day of 4.3
    // million samples: an hour of all series in 36 ms instead of 302, for 64 KB and no measurable part of an insert.
    // Not with autosummarize: bulk loads would fill the server's log. Maintenance sees to it, and VACUUM.
    texts.emplace_back("CREATE INDEX sample_ts ON {schema}.sample USING brin (ts) WITH (pages_per_range = 32)");
    texts.emplace_back("CREATE TABLE {schema}.sample_default PARTITION OF {schema}.sample DEFAULT");
    texts.emplace_back(
        "COMMENT ON TABLE {schema}.sample_default IS "
        "'Samples of days that have no partition of their own; usually empty'");
  }
  texts.insert(texts.end(), std::begin(kViews), std::end(kViews));
  return texts;
}

}  // namespace luminate::postgres
