#include "postgres/migration.hpp"

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "postgres/url.hpp"
#include "support/answers.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"

// How a store comes by its tables.
namespace luminate::postgres {
namespace {

using test::error_of;
using test::message_of;
using test::Psql;
using Lines = std::vector<std::string>;

class Migration : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
  }

  /// Opens as a server would that comes to the database for the first time.
  Abilities prepare(Options options = test::test_options()) { return prepare(schema_->url(), std::move(options)); }
  static Abilities prepare(const std::string& url, const Options& options) {
    ConnectionPool pool(parse_url(url, options));
    return prepare_schema(pool, options, {});
  }
  Psql psql() { return Psql(*schema_); }

  std::optional<test::PostgresSchema> schema_;
};

TEST_F(Migration, MakesTheTablesOfAnEmptyDatabase) {
  Lines log;
  Options options = test::test_options();
  options.logger = [&](LogLevel level, std::string_view text) {
    if (level == LogLevel::info) log.emplace_back(text);
  };
  const Abilities abilities = prepare(options);
  EXPECT_GE(abilities.server_version, 130000);
  EXPECT_EQ(psql().value("SELECT max(version) FROM schema_version"), "1");
  EXPECT_EQ(psql().value("SELECT count(*) FROM points"), "0");
  EXPECT_EQ(log.size(), 1u);
  prepare(options);
  EXPECT_EQ(psql().value("SELECT count(*) FROM schema_version"), "1");
}

TEST_F(Migration, HasASentenceForPeopleAboutEveryTable) {
  prepare();
  EXPECT_EQ(psql().rows("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                        " AND relkind IN ('r', 'p', 'v') AND obj_description(oid, 'pg_class') IS NULL"),
            Lines{});
}

TEST_F(Migration, IsDoneOnceByManyServersThatStartTogether) {
  constexpr int kServers = 8;
  std::vector<std::string> errors(kServers);
  {
    std::vector<std::jthread> servers;
    for (std::string& error : errors) {
      servers.emplace_back([this, &error] { error = message_of([this] { prepare(); }); });
    }
  }
  EXPECT_EQ(errors, Lines(kServers));
  EXPECT_EQ(psql().value("SELECT count(*) FROM schema_version"), "1");
  EXPECT_EQ(psql().value("SELECT count(*) FROM generation"), "1");
}

TEST_F(Migration, RefusesTablesOfANewerVersion) {
  prepare();
  psql().rows("INSERT INTO schema_version VALUES (2)");
  EXPECT_EQ(error_of([this] { prepare(); }), "STORAGE_VERSION");
  const std::string message = message_of([this] { prepare(); });
  EXPECT_NE(message.find("version 2"), std::string::npos) << message;
  EXPECT_NE(message.find("newer Luminate"), std::string::npos) << message;
}

TEST_F(Migration, LeavesNothingBehindWhenItFails) {
  Psql(schema_->server()).rows("CREATE SCHEMA " + schema_->name());
  psql().rows("CREATE TABLE points (in_the_way int)");
  EXPECT_NE(error_of([this] { prepare(); }), "");
  EXPECT_EQ(psql().value("SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"), "1");
}

TEST_F(Migration, OnlyLooksWhereItMayNotWrite) {
  Options options = test::test_options();
  options.read_only = true;
  EXPECT_EQ(error_of([&] { prepare(options); }), "STORAGE_VERSION");
  EXPECT_EQ(Psql(schema_->server()).value("SELECT to_regnamespace('" + schema_->name() + "')"), "");
  prepare();
  prepare(options);
}

TEST_F(Migration, SaysWhichRightIsMissing) {
  Psql admin(schema_->server());
  const std::string role = schema_->name() + "_user";
  admin.rows("CREATE ROLE " + role + " LOGIN");
  const std::string url = test::with_parameter(schema_->url(), "user=" + role);
  const std::string message = message_of([&] { prepare(url, test::test_options()); });
  const bool may_create = message.empty();
  EXPECT_TRUE(may_create || message.find("CREATE SCHEMA " + schema_->name() + " AUTHORIZATION") != std::string::npos)
      << message;
  if (!may_create) {
    EXPECT_EQ(error_of([&] { prepare(url, test::test_options()); }), "STORAGE_UNAVAILABLE");
    // With a schema of its own it needs no other right.
    admin.rows("CREATE SCHEMA " + schema_->name() + " AUTHORIZATION " + role);
    EXPECT_EQ(message_of([&] { prepare(url, test::test_options()); }), "");
  }
  admin.rows("DROP OWNED BY " + role + " CASCADE");
  admin.rows("DROP ROLE " + role);
}

TEST_F(Migration, RefusesADatabaseInAnotherEncoding) {
  Psql admin(schema_->server());
  const std::string database = schema_->name() + "_latin1";
  admin.rows("CREATE DATABASE " + database + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  const std::string url = test::with_parameter(schema_->url(), "dbname=" + database);
  const std::string message = message_of([&] { prepare(url, test::test_options()); });
  EXPECT_NE(message.find("ENCODING 'UTF8'"), std::string::npos) << message;
  EXPECT_EQ(error_of([&] { prepare(url, test::test_options()); }), "STORAGE_VERSION");
  admin.rows("DROP DATABASE " + database);
}

TEST_F(Migration, RefusesSamplesWhoseExtensionIsGone) {
  if (prepare().hypertable) GTEST_SKIP() << "the server has TimescaleDB, which cannot be taken away";
  psql().rows("DROP TABLE sample CASCADE");
  psql().rows("CREATE TABLE sample (series_id bigint, ts timestamptz, value double precision)");
  const std::string message = message_of([this] { prepare(); });
  EXPECT_NE(message.find("TimescaleDB"), std::string::npos) << message;
}

}  // namespace
}  // namespace luminate::postgres
