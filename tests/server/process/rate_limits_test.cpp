#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "server_process.hpp"

namespace luminate::server {
namespace {

const std::string kPoint = R"({"metrics":[{"name":"m","value":1}]})";
const std::string kAsk =
    R"({"queryType":"aggregate","metricName":"m","timeRange":{"relative":"1h"},"aggregation":"avg"})";

class RateLimitsOfAProcess : public ::testing::Test {
 protected:
  RateLimitsOfAProcess() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~RateLimitsOfAProcess() override { std::filesystem::remove_all(folder_); }

  std::string configure(const std::string& more) const {
    const std::string path = (folder_ / "luminate.yaml").string();
    std::ofstream(path) << "auth:\n  enabled: true\n  jwt_secret: the secret of a test, of 32 bytes\n" << more;
    return path;
  }
  static std::vector<std::string> server(const std::string& config) {
    return {"--config", config, "--port", "0", "--log-format", "json", "--storage-url", "memory:"};
  }
  static std::string token(const std::string& config, const std::string& tenant) {
    ServerProcess process({"token", "--config", config, "--tenant", tenant, "--scopes", "read,write"});
    EXPECT_EQ(process.wait_for_end(), 0) << process.output();
    return process.output().substr(0, process.output().size() - 1);
  }
  static std::string post(const std::string& path, const std::string& body, const std::string& token) {
    return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  std::filesystem::path folder_;
};

int status_of(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::atoi(answer.c_str() + 9);
}

/// The status of the next answer of a connection that goes on; 0 when there is none.
int next_status(const Connection& connection) {
  const std::string head = connection.read_until("\r\n\r\n");
  const auto length = head.find("Content-Length: ");
  if (length == std::string::npos) return 0;
  std::string body(std::strtoull(head.c_str() + length + 16, nullptr, 10), '\0');
  const ssize_t got = ::recv(connection.descriptor(), body.data(), body.size(), MSG_WAITALL);
  return got == static_cast<ssize_t>(body.size()) ? status_of(head) : 0;
}

/// Reads what a server says while others are at work, so that it never waits for a reader.
class Listener {
 public:
  explicit Listener(ServerProcess& server)
      : thread_([&server](const std::stop_token& stop) {
          for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(1))) server.hear();
        }) {}

 private:
  std::jthread thread_;
};

TEST_F(RateLimitsOfAProcess, KeepAHostileTenantFromAQuietOne) {
  const std::string config = configure(
      "rate_limits:\n  write_requests_per_second: 30\n  query_requests_per_second: 30\n  tenants:\n    quiet:\n"
      "      write_requests_per_second: auto\n");
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string hostile = token(config, "hostile");
  const std::string quiet = token(config, "quiet");

  const Listener listener(server);
  std::atomic<bool> ended = false;
  std::atomic<int> let_in = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> others = 0;
  std::vector<std::jthread> attack;
  const std::string garbage(std::size_t{1} << 20, 'x');
  for (const std::string& request : {post("/api/v1/write", kPoint, hostile), post("/api/v1/query", kAsk, hostile),
                                     post("/api/v1/write", garbage, hostile)}) {
    attack.emplace_back([&, request] {
      const bool is_small = request.size() < garbage.size();
      while (!ended) {
        Connection connection(port);
        for (int i = 0; i < (is_small ? 100 : 1) && !ended; ++i) {
          connection.send(request);
          const int status = next_status(connection);
          if (status == 200) ++let_in;
          if (status == 429) ++refused;
          // A large body may be cut off before its answer is read.
          if (is_small && status != 200 && status != 429) ++others;
        }
      }
    });
  }
  Connection connection(port);
  std::map<int, int> statuses;
  for (int i = 0; i < 20; ++i) {
    connection.send(post("/api/v1/write", kPoint, quiet));
    ++statuses[next_status(connection)];
    connection.send(post("/api/v1/query", kAsk, quiet));
    ++statuses[next_status(connection)];
  }
  while (refused < 200) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ended = true;
  attack.clear();
  EXPECT_EQ(statuses, (std::map<int, int>{{200, 40}})) << "the quiet one is never refused";
  EXPECT_EQ(others, 0);
  EXPECT_GE(let_in, 30);
  EXPECT_GE(refused, 200);
}

TEST_F(RateLimitsOfAProcess, FreeAPlaceWhenItsClientLeavesAndFollowAReload) {
  const std::string limits =
      "query_limits:\n  max_result_points: 50000\nrate_limits:\n  metrics_per_second: off\n"
      "  query_requests_per_second: off\n  concurrent_queries: ";
  const std::string config = configure(limits + "1\n");
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string acme = token(config, "acme");

  // An answer that fills every buffer on its way, so that it is not sent before somebody reads it.
  const Connection asking(port);
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (int batch = 0; batch < 5; ++batch) {
    std::string body = R"({"metrics":[)";
    for (int i = 0; i < 10'000; ++i) {
      body += (i == 0 ? "" : ",") + std::string(R"({"name":"m","value":1,"timestamp":)") +
              std::to_string(now - batch * 10'000 - i) + R"(,"dimensions":{"k":")" + std::string(250, 'x') + R"("}})";
    }
    asking.send(post("/api/v1/write", body + "]}", acme));
    ASSERT_EQ(next_status(asking), 200);
  }
  const std::string all = post(
      "/api/v1/query", R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"},"limit":50000})", acme);
  const auto ask = [&] {
    asking.send(post("/api/v1/query", kAsk, acme));
    return next_status(asking);
  };
  {
    const Connection reading(port);
    reading.send(all);
    ASSERT_EQ(status_of(reading.read_until("\r\n\r\n")), 200);
    EXPECT_EQ(ask(), 429) << "the answer has begun, and is not sent";
  }
  int status = ask();
  for (int i = 0; i < 5'000 && status == 429; ++i, status = ask()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server.hear();
  }
  EXPECT_EQ(status, 200);

  const Connection reading(port);
  reading.send(all);
  ASSERT_EQ(status_of(reading.read_until("\r\n\r\n")), 200);
  EXPECT_EQ(ask(), 429);
  configure(limits + "2\n");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"message\":\"reloaded"));
  EXPECT_EQ(ask(), 200);
  EXPECT_EQ(server.output().find("takes effect at the next start"), std::string::npos);
}

}  // namespace
}  // namespace luminate::server
