#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "server/process/server_process.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"
#include "torture/scale.hpp"

// A server that sends a large answer to somebody who reads it slowly: its memory stays as it is. TORTURE_SLOW_SAMPLES
// says how large.
namespace luminate {
namespace {

using server::Connection;
using server::ServerProcess;

constexpr std::size_t kSeries = 100;
constexpr std::size_t kMostGrowth = 50 * 1024 * 1024;

/// What the database calls this server's sessions. Others use the same database, other tests of this file among them.
std::string name() {
  return "luminate_slow_reader_" + std::to_string(::getpid());
}

/// About the server's sessions that wait, in the middle of an answer, for somebody to read on. (What they asked for
/// last may have been a piece of it, or the dimensions of its series.)
std::string of_readers(const std::string& what) {
  return "SELECT count(" + what + ") FROM pg_stat_activity WHERE application_name = '" + name() +
         "' AND state = 'idle in transaction'";
}

/// `count` samples of kSeries series, from kStart on, a millisecond apart.
void fill(const test::PostgresSchema& schema, std::size_t count) {
  Batch first;
  for (std::size_t i = 0; i < kSeries; ++i) {
    first.add({"m", test::kStart, 0.5, {{"host", "host-" + std::to_string(i)}, {"region", "eu"}}});
  }
  Store store = Store::open(schema.url(), test::timeless_options());
  ASSERT_EQ(store.write(first).accepted, kSeries);
  store.close();
  test::Psql psql(schema);
  psql.rows("INSERT INTO sample SELECT r.id, to_timestamp(" + std::to_string(test::kStart / 1'000) +
            ") + g * interval '1 ms', g * 0.5 FROM generate_series(1, " + std::to_string(count / kSeries - 1) +
            ") g, series r");
  psql.rows("ANALYZE sample");
}

std::string question(std::size_t limit) {
  return R"({"queryType":"range","metricName":"m","timeout":"30m","timeRange":{"start":)" +
         std::to_string(test::kStart) + R"(,"end":)" + std::to_string(test::kStart + 3'600'000) + R"(},"limit":)" +
         std::to_string(limit) + "}";
}

std::size_t resident_bytes(const ServerProcess& server) {
  std::ifstream status("/proc/" + std::to_string(server.pid()) + "/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::size_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024;
  }
  return 0;
}

/// Reads an answer in bits, pausing in between, and keeps nothing but its end.
class SlowReader {
 public:
  explicit SlowReader(std::uint16_t port) : connection_(port) {}

  bool ask(const std::string& body) {
    // A large buffer of the system would read for us.
    const int small = 64 * 1024;
    ::setsockopt(connection_.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    connection_.send(server::post_request("/api/v1/query", body));
    return connection_.is_open();
  }

  /// @returns false at the end of the answer.
  bool read() {
    std::array<char, 32 * 1024> bytes{};
    const ssize_t count = ::recv(connection_.descriptor(), bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    bytes_ += static_cast<std::size_t>(count);
    end_.append(bytes.data(), static_cast<std::size_t>(count));
    constexpr std::string_view kMark = "\"timestamp\":";
    std::size_t behind = 0;
    for (std::size_t at = 0; (at = end_.find(kMark, at)) != std::string::npos; at = behind) {
      behind = at + kMark.size();
      ++samples_;
    }
    // What was counted goes, and so does what can no longer be part of a mark that comes.
    end_.erase(0, std::max(behind, end_.size() > kKept ? end_.size() - kKept : 0));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return true;
  }

  std::size_t bytes() const { return bytes_; }
  std::size_t samples() const { return samples_; }
  const std::string& end() const { return end_; }

 private:
  static constexpr std::size_t kKept = 300;

  Connection connection_;
  std::size_t bytes_ = 0;
  std::size_t samples_ = 0;
  std::string end_;
};

class PostgresSlowReader : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::postgres_missing().empty()) return;
    schema_ = new test::PostgresSchema();
    fill(*schema_, count());
    ::setenv("LUMINATE_QUERY_LIMITS_MAX_RESULT_POINTS", "100000000", 1);
    ::setenv("LUMINATE_QUERY_LIMITS_MAX_QUERY_TIMEOUT", "30m", 1);
  }
  static void TearDownTestSuite() { delete std::exchange(schema_, nullptr); }

  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    ASSERT_NE(schema_, nullptr);
    const std::string url = test::with_parameter(schema_->url(), "application_name=" + name());
    server_.emplace(std::vector<std::string>{"--port", "0", "--log-format", "json", "--storage-url", url});
    port_ = server_->wait_for_port();
    ASSERT_NE(port_, 0) << server_->output();
  }

  static std::size_t count() {
    return static_cast<std::size_t>(test::repetitions("TORTURE_SLOW_SAMPLES", 300'000)) / kSeries * kSeries;
  }
  std::string ask_alone(const std::string& body) const {
    return server::send_alone(port_, server::post_request("/api/v1/query", body));
  }
  static inline test::PostgresSchema* schema_ = nullptr;
  std::optional<ServerProcess> server_;
  std::uint16_t port_ = 0;
};

TEST_F(PostgresSlowReader, CostsTheServerNoMemory) {
  // What a server that has answered something holds anyway.
  ASSERT_NE(ask_alone(question(20'000)).find("\"truncated\":true"), std::string::npos);
  const std::size_t before = resident_bytes(*server_);
  ASSERT_GT(before, 0u);
  std::size_t most = before;

  const auto began = std::chrono::steady_clock::now();
  SlowReader reader(port_);
  ASSERT_TRUE(reader.ask(question(count())));
  for (std::size_t looked = 0; reader.read();) {
    if (reader.bytes() - looked < 4'000'000) continue;
    looked = reader.bytes();
    most = std::max(most, resident_bytes(*server_));
    // Others are served meanwhile.
    ASSERT_EQ(server::send_alone(port_, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").substr(0, 12),
              "HTTP/1.1 200");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(reader.samples(), count());
  EXPECT_NE(reader.end().find("\"truncated\":false"), std::string::npos) << reader.end();
  EXPECT_NE(reader.end().find("\"pointsScanned\":" + std::to_string(count()) + "}\r\n0\r\n\r\n"), std::string::npos)
      << reader.end();
  std::printf("%zu samples, %zu bytes in %.1f s: from %zu KiB to %zu KiB at most\n", count(), reader.bytes(),
              took.count(), before / 1024, most / 1024);
  if (test::kSanitizerDivisor == 1) {
    EXPECT_LT(most - before, kMostGrowth);
  }
}

TEST_F(PostgresSlowReader, IsCutOffWhenTheDatabaseGoes) {
  SlowReader reader(port_);
  ASSERT_TRUE(reader.ask(question(count())));
  ASSERT_TRUE(reader.read());
  test::Psql psql(*schema_);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (psql.value(of_readers("pg_terminate_backend(pid)")) == "0") {
    ASSERT_LT(std::chrono::steady_clock::now(), patience);
  }
  while (reader.read()) {
  }
  EXPECT_FALSE(reader.end().ends_with("\r\n0\r\n\r\n")) << "nobody must take it for the whole";
  EXPECT_LT(reader.samples(), count());
  EXPECT_TRUE(server_->wait_for_output("the answer was cut off"));
  EXPECT_NE(ask_alone(question(10)).find("\"truncated\":true"), std::string::npos) << "the next one is answered";
}

TEST_F(PostgresSlowReader, IsCutOffWhenItsTimeIsUp) {
  std::string hurried = question(count());
  hurried.replace(hurried.find("30m"), 3, "3s");  // The first piece needs less, on a busy machine too.
  SlowReader reader(port_);
  ASSERT_TRUE(reader.ask(hurried));
  ASSERT_TRUE(reader.read());
  std::this_thread::sleep_for(std::chrono::milliseconds(3'100));  // The time that is up.
  while (reader.read()) {
  }
  EXPECT_FALSE(reader.end().ends_with("\r\n0\r\n\r\n"));
  EXPECT_TRUE(server_->wait_for_output("the answer was cut off: the call did not finish in time"));
}

TEST_F(PostgresSlowReader, ThatLeavesHoldsNothing) {
  {
    SlowReader reader(port_);
    ASSERT_TRUE(reader.ask(question(count())));
    ASSERT_TRUE(reader.read());
  }
  ASSERT_TRUE(server_->wait_for_output("\"route\":\"/api/v1/query\""));  // It has ended.
  test::Psql psql(*schema_);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (psql.value(of_readers("pid")) != "0") ASSERT_LT(std::chrono::steady_clock::now(), patience);
}

TEST_F(PostgresSlowReader, LeavesConnectionsToOthers) {
  std::vector<std::unique_ptr<SlowReader>> readers;
  for (int i = 0; i < 5; ++i) {  // Half of the pool.
    readers.push_back(std::make_unique<SlowReader>(port_));
    ASSERT_TRUE(readers.back()->ask(question(count())));
    ASSERT_TRUE(readers.back()->read());
  }
  EXPECT_EQ(ask_alone(question(count())).substr(0, 12), "HTTP/1.1 503");
  EXPECT_NE(ask_alone(question(10)).find("\"truncated\":true"), std::string::npos);
  readers.pop_back();
  EXPECT_EQ(server::send_alone(port_, "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").substr(0, 12),
            "HTTP/1.1 200");
}

}  // namespace
}  // namespace luminate
