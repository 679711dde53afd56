#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "server_process.hpp"

namespace luminate::server {
namespace {

class Process : public ::testing::Test {
 protected:
  Process() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Process() override { std::filesystem::remove_all(folder_); }

  std::string url() const { return "sqlite:" + (folder_ / "metrics.db").string(); }
  std::vector<std::string> arguments() const { return {"--port", "0", "--log-format", "json", "--storage-url", url()}; }

  std::filesystem::path folder_;
};

const char* const kPoint = R"({"metrics":[{"name":"m","value":7}]})";
/// Sends all of a write but its body, and waits until the server asks for that: now the request is in flight.
void begin_request(const Connection& connection) {
  ASSERT_TRUE(connection.is_open());
  connection.send(
      "POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: "
      "100-continue\r\nContent-Length: " +
      std::to_string(std::string(kPoint).size()) + "\r\n\r\n");
  ASSERT_EQ(connection.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 100");
}

const char* const kQuestion = R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})";

TEST_F(Process, KeepsWhatItAnsweredAcrossARestart) {
  {
    ServerProcess server(arguments());
    const std::uint16_t port = server.wait_for_port();
    ASSERT_NE(port, 0) << server.output();
    EXPECT_NE(server.output().find(url()), std::string::npos);
    EXPECT_NE(server.output().find("curl http://127.0.0.1:" + std::to_string(port)), std::string::npos);
    EXPECT_EQ(send_alone(port, post_request("/api/v1/write", kPoint)).substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(send_alone(port, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").substr(0, 12),
              "HTTP/1.1 200");
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait_for_end(), 0) << server.output();
    EXPECT_NE(server.output().find("\"route\":\"/api/v1/write\""), std::string::npos) << server.output();
  }
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_NE(send_alone(port, post_request("/api/v1/query", kQuestion)).find("\"value\":7"), std::string::npos);
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(Process, AnswersRequestsThatAreInFlightWhenItIsStopped) {
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const Connection connection(port);
  begin_request(connection);
  server.signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_output("stopping")) << server.output();
  connection.send(kPoint);
  EXPECT_EQ(connection.read_all().substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();

  ServerProcess again(arguments());
  EXPECT_NE(send_alone(again.wait_for_port(), post_request("/api/v1/query", kQuestion)).find("\"value\":7"),
            std::string::npos);
}

TEST_F(Process, SaysThatAnotherOneHoldsItsStore) {
  ServerProcess first(arguments());
  ASSERT_NE(first.wait_for_port(), 0) << first.output();
  ServerProcess second(arguments());
  EXPECT_EQ(second.wait_for_end(), 1);
  EXPECT_EQ(second.output().find("luminate-server: cannot open the store " + url() + ": "), 0u) << second.output();
  EXPECT_EQ(second.output().find('\n'), second.output().size() - 1) << second.output();
}

TEST_F(Process, SaysThatItsPortIsTaken) {
  ServerProcess first(arguments());
  const std::string port = std::to_string(first.wait_for_port());
  ServerProcess second({"--port", port, "--storage-url", "memory:"});
  EXPECT_EQ(second.wait_for_end(), 1);
  EXPECT_NE(second.output().find("127.0.0.1:" + port), std::string::npos) << second.output();
  EXPECT_NE(second.output().find("choose another port by --port"), std::string::npos) << second.output();
  EXPECT_EQ(second.output().find('\n'), second.output().size() - 1) << second.output();
}

TEST_F(Process, EndsAtOnceAtASecondSignal) {
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const Connection connection(port);
  begin_request(connection);  // It never goes on, which keeps the server waiting.
  server.signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_output("stopping")) << server.output();
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_end(), 128 + SIGINT) << server.output();
}

TEST_F(Process, TakesOneSignalThatArrivesTwiceForOne) {
  ServerProcess server(arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const Connection connection(port);
  begin_request(connection);
  server.signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_output("stopping")) << server.output();
  server.signal(SIGTERM);
  connection.send(kPoint);
  EXPECT_EQ(connection.read_all().substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(Process, RefusesBadConfigurationsWithItsOwnExitCode) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--host", "0.0.0.0"},
                                             {"--port", "65536"},
                                             {"--nonsense"},
                                             {"--config", "/nonexistent"},
                                             {"--check-config", "--storage-url", "mysql://host/db"},
                                             {"--check-config", "--storage-url", "sqlite:/nonexistent/metrics.db"}}) {
    ServerProcess server(wrong);
    EXPECT_EQ(server.wait_for_end(), 2);
    EXPECT_EQ(server.output().find("luminate-server: "), 0u);
    EXPECT_EQ(server.output().find('\n'), server.output().size() - 1) << server.output();
  }
}

TEST_F(Process, PrintsItsConfigurationWithoutOpeningTheStore) {
  std::vector<std::string> check = arguments();
  check.push_back("--check-config");
  ServerProcess server(check);
  EXPECT_EQ(server.wait_for_end(), 0);
  EXPECT_NE(server.output().find("  port: 0\n"), std::string::npos) << server.output();
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace luminate::server
