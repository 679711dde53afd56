#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>

#include "server_process.hpp"
#include "support/postgres_server.hpp"
#include "support/temporary_directory.hpp"

// What becomes of queries whose clients leave, or that an administrator cancels: over sockets, seen from outside.
namespace luminate::server {
namespace {

std::string get(std::uint16_t port, const std::string& path) {
  return send_alone(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

/// Waits until it is so; for how long, the test's own time limit says.
template <class Condition>
void until(const Condition& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

std::string running_queries(std::uint16_t port) {
  const std::string answer = get(port, "/api/v1/admin/queries");
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::string id_of_running(std::uint16_t port) {
  const std::string list = running_queries(port);
  const std::string before = "\"id\":\"";
  const std::size_t at = list.find(before);
  return at == std::string::npos ? "" : list.substr(at + before.size(), 16);
}

constexpr const char* kNone = R"({"queries":[]})";

TEST(QueryOnSqlite, EndsWithItsClientWhileItsAnswerIsSent) {
  const test::TemporaryDirectory folder;
  // Nothing but the client's leaving ends it.
  ServerProcess server(
      {"--port", "0", "--log-format", "json", "--storage-url", "sqlite:" + (folder.path() / "m.db").string()},
      {.environment = {"LUMINATE_SERVER_WRITE_TIMEOUT=10m", "LUMINATE_QUERY_LIMITS_MAX_RESULT_POINTS=1000000"}});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (int batch = 0; batch < 5; ++batch) {  // 25 MB of answer, which no socket takes at once.
    std::string points;
    for (int i = 0; i < 10'000; ++i) {
      points += (points.empty() ? "" : ",") +
                (R"({"name":"m","value":1,"timestamp":)" + std::to_string(now - batch * 10'000 - i)) +
                R"(,"dimensions":{"a":")" + std::string(200, 'a') + R"(","b":")" + std::string(200, 'b') + "\"}}";
    }
    ASSERT_EQ(send_alone(port, post_request("/api/v1/write", R"({"metrics":[)" + points + "]}")).substr(9, 3), "200");
  }
  std::optional<Connection> client(std::in_place, port);
  client->send(post_request("/api/v1/query",
                            R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"},"limit":1000000})"));
  until([&] { return running_queries(port).find(R"("state":"sending")") != std::string::npos; });
  client.reset();
  until([&] { return running_queries(port) == kNone; });
}

/// A table that somebody else holds keeps a query at work for as long as a test wants.
class QueryOnPostgres : public ::testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    // Nothing but being cancelled ends it.
    server_.emplace(std::vector<std::string>{"--port", "0", "--log-format", "json", "--storage-url", schema_->url()},
                    ServerProcess::Surroundings{.environment = {"LUMINATE_QUERY_LIMITS_MAX_QUERY_TIMEOUT=1h",
                                                                "LUMINATE_QUERY_LIMITS_DEFAULT_QUERY_TIMEOUT=1h"}});
    port_ = server_->wait_for_port();
    ASSERT_NE(port_, 0) << server_->output();
    ASSERT_EQ(send_alone(port_, post_request("/api/v1/write", R"({"metrics":[{"name":"m","value":7}]})")).substr(9, 3),
              "200");
    holder_.emplace(*schema_);
    holder_->rows("BEGIN");
    holder_->rows("LOCK TABLE sample IN ACCESS EXCLUSIVE MODE");
    observer_.emplace(*schema_);
  }

  bool database_works() {
    return observer_->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%" +
                            schema_->name() + "%' AND pid <> pg_backend_pid()") != "0";
  }

  static constexpr const char* kQuery =
      R"({"queryType":"aggregate","metricName":"m","timeRange":{"relative":"1h"},"aggregation":"sum"})";

  std::optional<test::PostgresSchema> schema_;
  std::optional<ServerProcess> server_;
  std::uint16_t port_ = 0;
  std::optional<test::Psql> holder_;
  std::optional<test::Psql> observer_;
};

TEST_F(QueryOnPostgres, IsCancelledInTheDatabaseToo) {
  Connection client(port_);
  client.send(post_request("/api/v1/query", kQuery));
  until([&] { return database_works(); });
  const std::string id = id_of_running(port_);
  EXPECT_EQ(send_alone(port_, "DELETE /api/v1/admin/queries/" + id +
                                  " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .substr(9, 3),
            "200");
  const std::string answer = client.read_all();
  EXPECT_EQ(answer.substr(9, 3), "409") << answer;
  EXPECT_NE(answer.find("\"CANCELLED\""), std::string::npos) << answer;
  until([&] { return !database_works(); });
  EXPECT_EQ(running_queries(port_), kNone);
}

TEST_F(QueryOnPostgres, EndsInTheDatabaseWhenItsClientLeaves) {
  std::optional<Connection> client(std::in_place, port_);
  client->send(post_request("/api/v1/query", kQuery));
  until([&] { return database_works(); });
  client.reset();
  until([&] { return !database_works(); });
  until([&] { return running_queries(port_) == kNone; });
}

}  // namespace
}  // namespace luminate::server
