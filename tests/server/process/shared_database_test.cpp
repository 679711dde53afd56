#include <gtest/gtest.h>
#include <signal.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server_process.hpp"
#include "support/postgres_server.hpp"

// Two luminate-servers on one PostgreSQL database.
namespace luminate::server {
namespace {

class SharedDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    for (auto& server : servers_) {
      server.emplace(std::vector<std::string>{"--port", "0", "--log-format", "json", "--storage-url", schema_->url()});
    }
    for (int i = 0; i < 2; ++i) {
      ports_[i] = servers_[i]->wait_for_port();
      ASSERT_NE(ports_[i], 0) << servers_[i]->output();
    }
  }
  void TearDown() override {
    for (auto& server : servers_) {
      if (!server) continue;
      server->signal(SIGTERM);
      EXPECT_EQ(server->wait_for_end(), 0) << server->output();
    }
  }

  std::string write(int server, const std::string& points) const {
    return send_alone(ports_[server], post_request("/api/v1/write", R"({"metrics":[)" + points + "]}"));
  }
  std::string ask(int server, const std::string& query) const {
    return send_alone(ports_[server], post_request("/api/v1/query", query));
  }

  std::optional<test::PostgresSchema> schema_;
  std::optional<ServerProcess> servers_[2];
  std::uint16_t ports_[2] = {0, 0};
};

TEST_F(SharedDatabase, ShowsAtOnceWhatTheOtherServerTook) {
  for (int i = 0; i < 10; ++i) {
    const std::string metric = "m" + std::to_string(i / 2);
    ASSERT_EQ(write(i % 2, R"({"name":")" + metric + R"(","value":)" + std::to_string(100 + i) + "}").substr(0, 15),
              "HTTP/1.1 200 OK");
    const std::string answer =
        ask(1 - i % 2, R"({"queryType":"range","metricName":")" + metric + R"(","timeRange":{"relative":"1h"}})");
    ASSERT_NE(answer.find("\"value\":" + std::to_string(100 + i)), std::string::npos) << answer;
  }
}

TEST_F(SharedDatabase, TakesTheSameNewSeriesFromBothServers) {
  constexpr int kWriters = 4;
  constexpr int kBatches = 5;
  constexpr int kSeries = 400;  // Of a batch.
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] {
        for (int batch = 0; batch < kBatches; ++batch) {
          std::string points;
          for (int i = 0; i < kSeries; ++i) {
            const int series = batch * kSeries + (writer % 3 == 0 ? i : kSeries - 1 - i);
            points += (points.empty() ? "" : ",") +
                      (R"({"name":"m","value":1,"dimensions":{"customer":"c)" + std::to_string(series) + R"("}})");
          }
          const std::string answer = write(writer % 2, points);
          EXPECT_NE(answer.find(R"("accepted":400,"rejected":0)"), std::string::npos) << answer.substr(0, 500);
        }
      });
    }
  }
  test::Psql psql(*schema_);
  EXPECT_EQ(psql.value("SELECT count(*) FROM series"), std::to_string(kBatches * kSeries));
  EXPECT_EQ(psql.value("SELECT series FROM metric"), std::to_string(kBatches * kSeries));
}

}  // namespace
}  // namespace luminate::server
