#include "support/postgres_cluster.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "support/postgres_server.hpp"

// The servers that the other tests stand on.
namespace luminate::test {
namespace {

TEST(PostgresServer, GivesEachTestASchemaAndDropsIt) {
  LUMINATE_NEEDS_POSTGRES();
  Psql psql(postgres_server());
  const auto schemas = [&](const std::string& name) {
    return psql.value("SELECT count(*) FROM pg_namespace WHERE nspname = '" + name + "'");
  };
  std::optional<PostgresSchema> first;
  first.emplace();
  const PostgresSchema second;
  EXPECT_NE(first->name(), second.name());
  psql.rows("CREATE SCHEMA " + first->name());
  EXPECT_EQ(schemas(first->name()), "1");
  const std::string name = first->name();
  first.reset();
  EXPECT_EQ(schemas(name), "0");
}

TEST(PostgresCluster, KeepsWhatWasCommittedWhenItIsKilled) {
  LUMINATE_NEEDS_POSTGRES();
  std::optional<PostgresCluster> cluster;
  cluster.emplace(PostgresCluster::Settings{.fsync = true});
  Psql(cluster->url()).rows("CREATE TABLE kept AS SELECT 42 AS n");
  cluster->kill();
  EXPECT_ANY_THROW(Psql(cluster->url()));
  cluster->start();
  EXPECT_EQ(Psql(cluster->url()).value("SELECT n FROM kept"), "42");
  cluster->stop();
  EXPECT_ANY_THROW(Psql(cluster->url()));
  cluster->start();
  const std::string directory = cluster->directory();
  cluster.reset();
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace luminate::test
