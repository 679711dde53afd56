#include "support/postgres_server.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>

#include "support/postgres_cluster.hpp"

namespace luminate::test {
namespace {

const std::string kSchema = "schema=";

struct Server {
  std::string url;
  std::string missing;
  std::unique_ptr<PostgresCluster> own;
};

const Server& server() {
  // The one object of a test program that outlives its tests; its end stops the cluster.
  static const Server found = [] {
    Server server;
    if (const char* given = std::getenv("LUMINATE_TEST_PG_URL"); given != nullptr && *given != '\0') {
      server.url = given;
      return server;
    }
    if (std::ifstream location(postgres_location(::getppid())); location) {
      std::getline(location, server.url);
      std::getline(location, server.missing);
      return server;
    }
    try {
      server.own = std::make_unique<PostgresCluster>();
      server.url = server.own->url();
    } catch (const NoPostgres& reason) {
      server.missing = reason.what();
    }
    return server;
  }();
  return found;
}

std::string unused_name() {
  std::random_device random;
  return std::to_string(::getpid()) + "_" + std::to_string(random());
}

}  // namespace

const std::string& postgres_server() {
  if (!server().missing.empty()) throw NoPostgres(server().missing);
  return server().url;
}

const std::string& postgres_missing() {
  return server().missing;
}

std::string postgres_location(int ctest_pid) {
  return std::string(LUMINATE_POSTGRES_LOCATION) + "." + std::to_string(ctest_pid);
}

std::string with_parameter(const std::string& url, const std::string& parameter) {
  return url + (url.find('?') == std::string::npos ? '?' : '&') + parameter;
}

PostgresSchema::PostgresSchema(std::string server)
    : server_(std::move(server)), name_("test_" + unused_name()), url_(with_parameter(server_, kSchema + name_)) {}

PostgresSchema::~PostgresSchema() {
  drop(url_);
}

std::string PostgresSchema::url_of(const std::string& server, const std::string& seed) {
  return with_parameter(server, kSchema + ("test_" + std::to_string(std::hash<std::string>()(seed))));
}

void PostgresSchema::drop(const std::string& url) {
  const auto parameter = url.rfind(kSchema);
  const std::string name = url.substr(parameter + kSchema.size());
  try {
    Psql psql(url.substr(0, parameter - 1));
    psql.rows("SET client_min_messages = error");
    psql.rows("SET lock_timeout = '20s'");
    psql.rows("DROP SCHEMA IF EXISTS " + name + " CASCADE");
  } catch (const std::exception& error) {
    ADD_FAILURE() << "schema " << name << " stays: " << error.what();
  }
}

Psql::Psql(const std::string& server) : connection_(PQconnectdb(server.c_str()), PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
}

Psql::Psql(const PostgresSchema& schema) : Psql(schema.server()) {
  rows("SET search_path = " + schema.name() + ", public");
}

std::vector<std::string> Psql::rows(const std::string& sql) {
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection_.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw std::runtime_error((state != nullptr ? std::string(state) + ": " : "") + PQerrorMessage(connection_.get()));
  }
  std::vector<std::string> rows;
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    std::string& shown = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (column != 0) shown += '|';
      shown += PQgetvalue(result.get(), row, column);
    }
  }
  return rows;
}

std::string Psql::value(const std::string& sql) {
  const auto all = rows(sql);
  return all.empty() ? "" : all[0];
}

}  // namespace luminate::test
