#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

// The PostgreSQL server that tests share: the one that LUMINATE_TEST_PG_URL names; or else the one that ctest has
// started for all of them; or else, in a test that somebody starts by hand, one of its own. What a test does to a
// server itself (stop it, fill it) it does to a PostgresCluster.
namespace luminate::test {

/// The URL of the shared server. @throws NoPostgres
const std::string& postgres_server();

/// Why there is none, or "". Where CI is set there has to be one.
const std::string& postgres_missing();

/// Where ctest's fixture has written where the server of one ctest run is.
std::string postgres_location(int ctest_pid);

/// A PostgreSQL schema for one test, dropped at its end: two tests never meet. Made by the store that opens it.
class PostgresSchema {
 public:
  PostgresSchema() : PostgresSchema(postgres_server()) {}
  /// On a server of the test's own.
  explicit PostgresSchema(std::string server);
  ~PostgresSchema();
  PostgresSchema(const PostgresSchema&) = delete;
  PostgresSchema& operator=(const PostgresSchema&) = delete;

  /// For Store::open().
  const std::string& url() const noexcept { return url_; }
  const std::string& server() const noexcept { return server_; }
  const std::string& name() const noexcept { return name_; }

  // The same in two steps: the URL of a store whose schema is named after `seed`, and the end of it.
  static std::string url_of(const std::string& server, const std::string& seed);
  static void drop(const std::string& url);

 private:
  std::string server_;
  std::string name_;
  std::string url_;
};

/// `url` with one parameter more.
std::string with_parameter(const std::string& url, const std::string& parameter);

/// What a person with psql sees: a connection that knows nothing of the store.
class Psql {
 public:
  explicit Psql(const std::string& server);
  explicit Psql(const PostgresSchema& schema);  ///< With that schema in the search path.

  /// The rows, columns separated by '|'. @throws std::runtime_error with the SQLSTATE and what the server says.
  std::vector<std::string> rows(const std::string& sql);
  /// The one value, or "".
  std::string value(const std::string& sql);

 private:
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

}  // namespace luminate::test

/// First line of a test, or of SetUp(), that needs the shared server.
#define LUMINATE_NEEDS_POSTGRES()                                                    \
  if (const auto& missing = ::luminate::test::postgres_missing(); missing.empty()) { \
  } else if (::getenv("CI") != nullptr) {                                            \
    FAIL() << missing;                                                               \
  } else                                                                             \
    GTEST_SKIP() << missing
