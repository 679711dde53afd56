#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_directory.hpp"
#include "tests/server/http/raw_client.hpp"
#include "tests/server/process/server_process.hpp"
#include "torture/scale.hpp"

// As many clients as the server takes connections, each with a write or a query under way all the time: more than are
// worked on and more than may wait. What is too much is refused and told when to come again, supervisors are answered
// on connections of their own, memory stays bounded, and once the crowd is gone all is well at once.
namespace luminate {
namespace {

using server::ServerProcess;
using server::http::RawClient;
using server::http::RawResponse;
using std::chrono::milliseconds;

constexpr int kConnections = 640;  ///< 64 are worked on, or four times the cores, and 256 wait.
constexpr int kThreads = 8;
constexpr milliseconds kPatience(60'000);  ///< Nothing here is about speed, and the machine may be busy.
/// Of which each connection's buffers and thread have a part. AddressSanitizer keeps what was freed for a while, too.
#ifdef __SANITIZE_ADDRESS__
constexpr long kMostMoreKiB = 2048L * 1024;
#else
constexpr long kMostMoreKiB = 512L * 1024;
#endif

constexpr std::array<const char*, 4> kSupervisors{"/healthz", "/readyz", "/api/v1/health", "/metrics"};

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string write_of(const std::string& metric, int points, int client) {
  using std::chrono::system_clock;
  const auto now = std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  std::string body = R"({"metrics":[)";
  for (int i = 0; i < points; ++i) {
    body += std::string(i == 0 ? "" : ",") + R"({"name":")" + metric + R"(","value":)" + std::to_string(i) +
            R"(,"timestamp":)" + std::to_string(now - i) + R"(,"dimensions":{"client":")" + std::to_string(client) +
            R"(","host":")" + std::to_string(i % 1000) + "\"}}";
  }
  return post("/api/v1/write", body + "]}");
}

const std::string kQuery = post(
    "/api/v1/query",
    R"({"queryType":"aggregate","aggregation":"p95","groupBy":["host"],"metricName":"known","timeRange":{"relative":"1h"}})");

long resident_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    long kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

struct Counts {
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  std::mutex mutex;
  std::string wrong;  // Guarded by mutex: the last answer that is neither.
};

/// A connection that may stay: not one of those that are kept for supervisors.
RawClient connect(std::uint16_t port) {
  for (;;) {
    RawClient client(port);
    client.send(get("/healthz"));
    if (client.receive(kPatience).value_or(RawResponse{}).header("Connection") != "close") return client;
  }
}

/// Several connections, each of which always has a request under way.
void press(std::uint16_t port, int first, std::latch& connected, const std::atomic<bool>& ends, Counts& counts) {
  std::vector<RawClient> clients;
  for (int i = 0; i < kConnections / kThreads; ++i) clients.push_back(connect(port));
  connected.count_down();
  while (!ends.load()) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i].send(i % 2 == 0 ? kQuery : write_of("load", 100, first + static_cast<int>(i)));
    }
    for (RawClient& client : clients) {
      const RawResponse answer = client.receive(kPatience).value_or(RawResponse{});
      const bool refused = answer.status == 503 && !answer.header("Retry-After").empty();
      if (answer.status == 200 || refused) {
        ++(refused ? counts.refused : counts.answered);
        continue;
      }
      const std::lock_guard lock(counts.mutex);
      counts.wrong = "status " + std::to_string(answer.status) + ": " + answer.body;
    }
  }
}

TEST(OverloadedServer, RefusesWhatIsTooMuchAndAnswersItsSupervisors) {
  const auto length = std::chrono::seconds(test::repetitions("TORTURE_OVERLOAD_SECONDS", 3));
  const test::TemporaryDirectory directory;
  ServerProcess server(
      {"--port", "0", "--log-format", "json", "--storage-url", "sqlite:" + (directory.path() / "store.db").string()},
      {.environment = {"LUMINATE_SERVER_MAX_CONNECTIONS=" + std::to_string(kConnections)}});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  ASSERT_EQ(RawClient(port).ask(write_of("known", 5'000, 0)).value_or(RawResponse{}).status, 200);
  const long before = resident_kib(server.pid());

  Counts counts;
  std::atomic<bool> ends = false;
  std::vector<std::thread> crowd;
  std::latch connected(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    crowd.emplace_back([&, i] { press(port, i * kConnections / kThreads, connected, ends, counts); });
  }
  connected.wait();
  milliseconds slowest(0);
  long most = 0;
  int asked = 0;
  const auto start_of_all = std::chrono::steady_clock::now();
  const auto lasted = [&] { return std::chrono::steady_clock::now() - start_of_all; };
  for (; lasted() < length || (counts.refused == 0 && lasted() < kPatience); ++asked) {
    server.hear();
    const auto start = std::chrono::steady_clock::now();
    const char* const path = kSupervisors[static_cast<std::size_t>(asked) % kSupervisors.size()];
    RawClient supervisor(port);
    supervisor.send(get(path));
    EXPECT_EQ(supervisor.receive(kPatience).value_or(RawResponse{}).status, 200) << path;
    slowest = std::max(slowest, std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - start));
    most = std::max(most, resident_kib(server.pid()));
    if (HasFailure()) break;
    std::this_thread::sleep_for(milliseconds(1));
  }
  // Whoever presses has answers to come, and the server must not wait for somebody to read what it logs.
  ends.store(true);
  std::atomic<bool> over = false;
  std::thread listener([&] {
    while (!over.load()) {
      server.hear();
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  for (std::thread& thread : crowd) thread.join();
  over.store(true);
  listener.join();
  EXPECT_EQ(RawClient(port).ask(write_of("load", 1, 0)).value_or(RawResponse{}).status, 200)
      << "the moment that it is over";
  EXPECT_LT(most - before, kMostMoreKiB);
  EXPECT_GT(counts.answered, 0);
  EXPECT_GT(counts.refused, 0);
  EXPECT_EQ(counts.wrong, "");
  std::printf("%d answered, %d refused; %d supervisors, the slowest after %lld ms; memory grew by %ld MiB\n",
              counts.answered.load(), counts.refused.load(), asked, static_cast<long long>(slowest.count()),
              (most - before) / 1024);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0);
}

}  // namespace
}  // namespace luminate
