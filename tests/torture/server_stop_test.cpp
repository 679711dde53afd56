#include <gtest/gtest.h>
#include <signal.h>
#include <luminate/store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"
#include "tests/server/http/raw_client.hpp"
#include "tests/server/process/server_process.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// A server that is written to and queried by several clients is stopped, or killed, again and again, at random moments.
// Every write that was answered is there afterwards, whole and once. One that was asked to stop answers whatever had
// reached it, breaks off no answer, and ends well.
namespace luminate {
namespace {

using server::ServerProcess;
using server::http::RawClient;
using test::Ledger;

constexpr int kWriters = 4;
constexpr int kReaders = 2;
constexpr std::chrono::seconds kPatience(60);

Options timeless_options() {
  Options options = test::timeless_options();
  options.writes.max_batch_size = 1'000'000;
  return options;
}

/// More than goes out in one piece, so that some answer is under way when the end comes.
constexpr int kBallast = 10'000;

std::string post(const std::string& path, const std::string& body, bool keep) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         (keep ? "" : "Connection: close\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// All clients of one server's life.
class Clients {
 public:
  struct Told {
    Ledger ledger;
    Ledger::Numbers answered{};
    Ledger::Numbers in_doubt{};
  };

  Clients(int cycle, std::uint16_t port, bool is_gentle) : port_(port), is_gentle_(is_gentle) {
    for (int writer = 0; writer < kWriters; ++writer) {
      Ledger ledger{.name = "cycle_" + std::to_string(cycle), .writer = writer};
      ledger.points = writer == 0 ? 600 : 10;
      told_.push_back({.ledger = ledger});
    }
    for (int writer = 0; writer < kWriters; ++writer) threads_.emplace_back([this, writer] { write(writer); });
    for (int reader = 0; reader < kReaders; ++reader) threads_.emplace_back([this, reader] { read(reader); });
  }
  ~Clients() { join(); }

  void wait_for_answers(int count) {
    std::unique_lock lock(mutex_);
    progress_.wait_for(lock, kPatience, [&] { return answers_ >= count || ended_ > 0; });
  }
  /// Right before the signal: what was sent until now has reached the server.
  void the_end_begins() { ending_.store(true); }
  void join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  // Once all have ended.
  const std::vector<Told>& told() const { return told_; }
  const std::string& wrong() const { return wrong_; }
  int answers() const { return answers_; }

 private:
  enum class Outcome { answered, refused, unknown };

  /// Sends one request, and judges what comes back.
  Outcome ask(RawClient& client, const std::string& request) {
    const std::size_t before = client.received();
    const bool sent = client.send(request);
    const bool in_time = sent && !ending_.load();
    const auto answer = client.receive(kPatience);
    if (!answer) {
      if (is_gentle_ && in_time) fail("a request that had arrived before the end was not answered");
      if (is_gentle_ && client.received() != before) fail("an answer was broken off");
      if (!ending_.load()) fail("a connection was lost while all was well");
      return Outcome::unknown;
    }
    const std::lock_guard lock(mutex_);
    if (answer->status == 200) {
      ++answers_;
      progress_.notify_all();
      return Outcome::answered;
    }
    // What comes while the server starts.
    if (answer->status != 503) fail_locked("status " + std::to_string(answer->status) + ": " + answer->body);
    return Outcome::refused;
  }

  void write(int writer) {
    Told& told = told_[static_cast<std::size_t>(writer)];
    const bool keeps = writer % 2 == 0;
    RawClient kept(port_);
    for (int number = 0;; ++number) {
      told.in_doubt.insert(number);
      const std::string request = post("/api/v1/write", told.ledger.json(number), keeps);
      Outcome outcome = Outcome::unknown;
      if (keeps) {
        outcome = ask(kept, request);
      } else {
        RawClient fresh(port_);
        if (fresh.connected()) outcome = ask(fresh, request);
      }
      if (outcome == Outcome::unknown) break;
      if (outcome == Outcome::refused) continue;
      told.answered.insert(number);
      told.in_doubt.erase(number);
    }
    end();
  }

  void read(int reader) {
    const std::string range = R"("timeRange":{"start":)" + std::to_string(test::kStart) + R"(,"end":)" +
                              std::to_string(test::kStart + 1'000'000) + "}}";
    const std::string raw = R"({"queryType":"range","metricName":"ballast_ballast",)" + range;
    const std::string computed = R"({"queryType":"aggregate","aggregation":"p95","groupBy":["writer"],"metricName":")" +
                                 told_[0].ledger.metric(0) + "\"," + range;
    RawClient kept(port_);
    for (int turn = reader;
         ask(kept, post("/api/v1/query", turn % 2 == 0 ? raw : computed, true)) != Outcome::unknown;) {
      ++turn;
    }
    end();
  }

  void end() {
    const std::lock_guard lock(mutex_);
    ++ended_;
    progress_.notify_all();
  }
  void fail(const std::string& what) {
    const std::lock_guard lock(mutex_);
    fail_locked(what);
  }
  void fail_locked(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  const std::uint16_t port_;
  const bool is_gentle_;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable progress_;
  int answers_ = 0;
  int ended_ = 0;
  std::string wrong_;
  std::vector<Told> told_;  ///< Each its writer's until that has ended.
  std::vector<std::thread> threads_;
};

std::string check(const Store& store, const Clients& clients) {
  for (const Clients::Told& told : clients.told()) {
    const std::string wrong = told.ledger.check(store, told.answered, told.in_doubt);
    if (!wrong.empty()) return "writer " + std::to_string(told.ledger.writer) + ": " + wrong;
  }
  return "";
}

class StoppedServer : public testing::TestWithParam<int> {};

TEST_P(StoppedServer, LosesNoAnsweredWrite) {
  const int signal = GetParam();
  const bool is_gentle = signal == SIGTERM;
  const unsigned seed = test::seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto up_to = [&](int largest) { return std::uniform_int_distribution<>(0, largest)(random); };

  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  {
    Store store = Store::open(url, timeless_options());
    Ledger{.name = "ballast", .ballast = kBallast}.write(store, 0);
  }
  int answers = 0;
  std::vector<std::unique_ptr<Clients>> past;
  const long long stops = test::repetitions("TORTURE_STOPS", 10);
  for (int cycle = 0; cycle < stops && !HasFailure(); ++cycle) {
    ServerProcess server({"--port", "0", "--log-format", "json", "--storage-url", url},
                         {.environment = {"LUMINATE_BATCH_WRITE_MAX_AGE=36500d", "LUMINATE_LOGGING_SLOW_QUERY=off"}});
    const std::uint16_t port = server.wait_for_port();
    ASSERT_NE(port, 0) << server.output();
    Clients& clients = *past.emplace_back(std::make_unique<Clients>(cycle, port, is_gentle));
    // At once, too, while the first connections are made.
    std::atomic<bool> reads = true;
    std::jthread log([&] {
      // Lest the server waits for somebody to read what it logs.
      while (reads.load()) {
        server.hear();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    clients.wait_for_answers(up_to(60));
    std::this_thread::sleep_for(std::chrono::microseconds(up_to(20'000)));
    reads.store(false);
    log.join();
    clients.the_end_begins();
    server.signal(signal);
    EXPECT_EQ(server.wait_for_end(), is_gentle ? 0 : -SIGKILL) << server.output();
    clients.join();
    EXPECT_EQ(clients.wrong(), "") << "cycle " << cycle;
    if (is_gentle) {
      EXPECT_NE(server.output().find("\"stopped\""), std::string::npos);
      EXPECT_EQ(server.output().find("cut off"), std::string::npos);
      EXPECT_EQ(server.output().find("\"level\":\"error\""), std::string::npos) << server.output();
    }
    const Store store = Store::open(url, timeless_options());
    ASSERT_EQ(check(store, clients), "") << "cycle " << cycle;
    answers += clients.answers();
  }
  const Store store = Store::open(url, timeless_options());
  for (const auto& clients : past) ASSERT_EQ(check(store, *clients), "") << "when all was over";
  EXPECT_GT(answers, stops);
  RecordProperty("answers", answers);
  std::printf("%lld stops, %d answers\n", stops, answers);
}

INSTANTIATE_TEST_SUITE_P(By, StoppedServer, testing::Values(SIGTERM, SIGKILL), [](const auto& signal) {
  return signal.param == SIGTERM ? std::string("Sigterm") : std::string("Sigkill");
});

}  // namespace
}  // namespace luminate
