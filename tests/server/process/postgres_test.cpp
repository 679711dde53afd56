#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "server_process.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"
#include "support/temporary_directory.hpp"

// luminate-server over a PostgreSQL that is not always there.
namespace luminate::server {
namespace {

using test::PostgresCluster;
using test::PostgresSchema;
using test::Psql;

const char* const kPoint = R"({"metrics":[{"name":"m","value":7}]})";
const char* const kQuestion = R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})";

std::string get(std::uint16_t port, const std::string& path) {
  return send_alone(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

std::string status(const std::string& answer) {
  return answer.substr(0, 12);
}

std::vector<std::string> arguments(const std::string& url) {
  return {"--port", "0", "--log-format", "json", "--storage-url", url};
}

void expect_unavailable(std::uint16_t port) {
  for (const std::string& answer : {send_alone(port, post_request("/api/v1/write", kPoint)),
                                    send_alone(port, post_request("/api/v1/query", kQuestion))}) {
    EXPECT_EQ(status(answer), "HTTP/1.1 503") << answer;
    EXPECT_NE(answer.find("\"STORAGE_UNAVAILABLE\""), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\nRetry-After: "), std::string::npos) << answer;
  }
}

void expect_unhealthy(std::uint16_t port) {
  const std::string health = get(port, "/api/v1/health");
  EXPECT_EQ(status(health), "HTTP/1.1 503") << health;
  EXPECT_NE(health.find("\"unhealthy\""), std::string::npos) << health;
  EXPECT_NE(health.find("\"reason\""), std::string::npos) << health;
  EXPECT_EQ(status(get(port, "/readyz")), "HTTP/1.1 503");
  EXPECT_EQ(status(get(port, "/healthz")), "HTTP/1.1 200");
  EXPECT_EQ(status(get(port, "/startupz")), "HTTP/1.1 200");
}

/// Returns when it is: how long that may take, the test's own time limit says.
void wait_until_healthy(ServerProcess& server, std::uint16_t port) {
  while (status(get(port, "/api/v1/health")) != "HTTP/1.1 200") server.hear();
}

class StorageAway : public ::testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    cluster_.emplace();
    // What waits for the database gives up soon.
    std::ofstream(directory_.path() / "config.yaml") << "batch_write:\n  max_wait: 1s\n";
  }

  std::vector<std::string> brief_arguments() const {
    std::vector<std::string> words = arguments(cluster_->url());
    words.insert(words.end(), {"--config", (directory_.path() / "config.yaml").string()});
    return words;
  }

  const test::TemporaryDirectory directory_;
  std::optional<PostgresCluster> cluster_;
};

TEST_F(StorageAway, WhenTheServerStartsItIsWaitedFor) {
  cluster_->stop();
  ServerProcess server(brief_arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  expect_unhealthy(port);
  expect_unavailable(port);
  cluster_->start();
  wait_until_healthy(server, port);
  EXPECT_EQ(status(get(port, "/readyz")), "HTTP/1.1 200");
  EXPECT_EQ(status(send_alone(port, post_request("/api/v1/write", kPoint))), "HTTP/1.1 200");
  EXPECT_EQ(Psql(cluster_->url()).value("SELECT value FROM luminate.points"), "7");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(StorageAway, AfterAWhileItIsMissedAndFoundAgain) {
  ServerProcess server(brief_arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(status(get(port, "/readyz")), "HTTP/1.1 200");
  cluster_->kill();
  expect_unhealthy(port);
  expect_unavailable(port);
  cluster_->start();
  wait_until_healthy(server, port);
  EXPECT_EQ(status(send_alone(port, post_request("/api/v1/write", kPoint))), "HTTP/1.1 200");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(StorageAway, HangingItKeepsNoHealthCheckWaiting) {
  ServerProcess server(brief_arguments());
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(status(send_alone(port, post_request("/api/v1/write", kPoint))), "HTTP/1.1 200");
  cluster_->freeze();
  for (int i = 0; i < 20; ++i) expect_unhealthy(port);
  cluster_->thaw();
  wait_until_healthy(server, port);
  EXPECT_EQ(status(send_alone(port, post_request("/api/v1/write", kPoint))), "HTTP/1.1 200");
  cluster_->freeze();
  server.signal(SIGTERM);  // Nor does it keep the server from ending.
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  cluster_->thaw();
}

class Password : public ::testing::Test {
 protected:
  static constexpr const char* kPassword = "pw-2f71";

  /// The server believes whoever comes, so that any password does.
  static std::string with_password(std::string url) { return url.insert(url.find('@'), std::string(":") + kPassword); }

  static void expect_hidden(const std::string& text) {
    EXPECT_EQ(text.find(kPassword), std::string::npos) << text;
    EXPECT_FALSE(text.empty());
  }
  static std::string command_line(const ServerProcess& process) {
    std::ifstream file("/proc/" + std::to_string(process.pid()) + "/cmdline");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string run(const std::vector<std::string>& words, int code) {
    ServerProcess process(words);
    EXPECT_EQ(process.wait_for_end(), code) << process.output();
    return process.output();
  }
};

TEST_F(Password, IsSeenInNoLogAnswerOrListOfProcesses) {
  LUMINATE_NEEDS_POSTGRES();
  const PostgresSchema schema;
  const std::string url = with_password(schema.url());
  std::vector<std::string> words = arguments(url);
  words.insert(words.end(), {"--log-level", "debug"});
  ServerProcess server(words);
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  expect_hidden(command_line(server));
  EXPECT_NE(command_line(server).find("--storage-url"), std::string::npos);
  EXPECT_EQ(status(send_alone(port, post_request("/api/v1/write", kPoint))), "HTTP/1.1 200");
  expect_hidden(get(port, "/api/v1/health"));
  expect_hidden(send_alone(port, post_request("/api/v1/query", kQuestion)));
  // Something goes wrong that the log has to tell.
  Psql(schema.server()).rows("DROP SCHEMA " + schema.name() + " CASCADE");
  expect_hidden(send_alone(port, post_request("/api/v1/write", kPoint)));
  expect_hidden(get(port, "/api/v1/health"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0);
  expect_hidden(server.output());
  EXPECT_NE(server.output().find(":***@"), std::string::npos) << server.output();
}

TEST_F(Password, IsSeenInNoConfigurationThatIsPrinted) {
  const std::string url = with_password("postgresql://postgres@127.0.0.1:1/metrics?sslpassword=pw-2f71");
  for (const char* print : {"--print-config", "--check-config"}) {
    const std::string printed = run({"--storage-url", url, print}, 0);
    expect_hidden(printed);
    EXPECT_NE(printed.find("postgresql://postgres:***@127.0.0.1:1/metrics?sslpassword=***"), std::string::npos)
        << printed;
  }
}

TEST_F(Password, IsSeenInNoErrorMessage) {
  const test::TemporaryDirectory directory;
  const std::string file = (directory.path() / "points.db").string();
  const std::string none = "postgresql://postgres:pw-2f71@127.0.0.1:1/metrics";
  // Ways of getting the URL wrong, some of which make a piece of the password look like something else.
  for (const char* wrong :
       {"postgresql://u:pw-2f71@h:port/db", "postgresql://u:pw-2f71/x@h/db", "postgresql://u:a@pw-2f71@h/db",
        "postgresql://u:pw-2f71%zz@h/db", "postgresql://u:pw-2f71@h/db?nonsense=pw-2f71", "pg://u:pw-2f71@h/db",
        "postgresql://u@h/db?pasword=pw-2f71", "postgresql://h/db?password=pw-2f71&x"}) {
    expect_hidden(run(arguments(wrong), 1));
  }
  expect_hidden(run({none}, 2));
  expect_hidden(run({"--storage-urk", none}, 2));
  expect_hidden(run({"--storage-urk=" + none}, 2));
  expect_hidden(run({"copy", none, file, "--journal", file + ".journal"}, 1));
  expect_hidden(run({"copy", none, none}, 1));
  expect_hidden(run({"copy", none, file, none}, 2));
}

TEST_F(Password, IsSeenInNoJournalOfACopy) {
  LUMINATE_NEEDS_POSTGRES();
  const PostgresSchema schema;
  const test::TemporaryDirectory directory;
  const auto at = [&](const char* name) { return (directory.path() / name).string(); };
  {
    std::ofstream csv(at("p.csv"));
    csv << "name,timestamp,value\n";
    for (int i = 0; i < 20'000; ++i) csv << "m," << i << ",1\n";
  }
  run({"import", at("p.db"), at("p.csv")}, 0);
  ServerProcess copy({"copy", at("p.db"), with_password(schema.url()), "--journal", at("journal"), "--progress",
                      "--option", "batch_write.max_batch_size=1"});
  ASSERT_TRUE(copy.wait_for_output("copying: "));
  expect_hidden(command_line(copy));
  copy.signal(SIGINT);
  EXPECT_EQ(copy.wait_for_end(), 1);
  expect_hidden(copy.output());
  std::ifstream file(at("journal"));
  const std::string journal{std::istreambuf_iterator<char>(file), {}};
  expect_hidden(journal);
  EXPECT_NE(journal.find("postgresql://postgres@"), std::string::npos) << journal;
}

}  // namespace
}  // namespace luminate::server
