#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "server/http/content_encoding.hpp"
#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

constexpr std::size_t kPiece = 100'000;

/// Text that compresses, but not to nothing.
std::string text_of(int number) {
  static const std::string kDigits = [] {
    std::string digits;
    for (unsigned i = 0; digits.size() < kPiece; ++i) digits += std::to_string(i * 2'654'435'761u) + ",";
    return digits;
  }();
  return "piece " + std::to_string(number) + ":" + kDigits;
}

/// What the server does with an answer in pieces, as the test sees and steers it.
struct Script {
  int pieces = 3;
  int fails_at = -1;                ///< The piece that throws.
  std::latch* block = nullptr;      ///< Waited for before the second piece.
  bool until_disconnected = false;  ///< The second piece comes when the client is gone, as an error.
  std::atomic<int> made = 0;
  std::atomic<int> alive = 0;  ///< Sources.
  std::mutex mutex;
  std::condition_variable_any changed;
  std::string failures;      ///< Guarded by mutex.
  int observed = 0;          ///< Guarded by mutex.
  std::uint64_t points = 0;  ///< Guarded by mutex: of the last answer.
  std::uint64_t bytes = 0;   ///< Guarded by mutex: of the last answer.

  class Source final : public BodySource {
   public:
    Source(Script& script, std::stop_token disconnected) : script_(script), disconnected_(std::move(disconnected)) {
      ++script_.alive;
    }
    ~Source() override { --script_.alive; }
    void next(std::string& out) override {
      if (number_ == 1 && script_.block != nullptr) script_.block->wait();
      if (number_ == 1 && script_.until_disconnected) {
        std::unique_lock lock(script_.mutex);
        script_.changed.wait(lock, disconnected_, [] { return false; });
        throw std::runtime_error("given up");
      }
      if (number_ == script_.fails_at) throw std::runtime_error("the disk is gone");
      if (number_ == script_.pieces) return;
      out += text_of(number_++);
      ++script_.made;
    }
    std::uint64_t points() const override { return static_cast<std::uint64_t>(number_); }

   private:
    Script& script_;
    std::stop_token disconnected_;
    int number_ = 0;
  };

  HttpServer::Hooks hooks() {
    HttpServer::Hooks hooks{[this](const Request& request) {
      Response response;
      if (request.path != "/pieces") return TestServer::echo(request);
      response.content_type = "text/plain";
      response.body = "begins;";
      response.rest = std::make_shared<Source>(*this, request.disconnected);
      return response;
    }};
    hooks.fail = [this](const Request& request, std::string_view what) {
      const std::lock_guard lock(mutex);
      failures += request.id + " " + std::string(what) + "\n";
    };
    hooks.observe = [this](const Request&, const Response& response, std::chrono::microseconds) {
      const std::lock_guard lock(mutex);
      ++observed;
      points = response.points;
      bytes = response.streamed_bytes;
      changed.notify_all();
    };
    return hooks;
  }

  std::string whole() const {
    std::string all = "begins;";
    for (int i = 0; i < pieces; ++i) all += text_of(i);
    return all;
  }
  void wait_for_observed(int count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, RawClient::kPatience, [&] { return observed >= count; });
    EXPECT_GE(observed, count);
  }
};

TEST(StreamedAnswers, GoOutInChunksAndLeaveTheConnectionOpen) {
  Script script;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  const RawResponse answer = client.ask(get("/pieces")).value_or(RawResponse{});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), "");
  EXPECT_EQ(answer.header("Content-Type"), "text/plain");
  EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
  EXPECT_EQ(answer.header("Connection"), "");
  EXPECT_EQ(answer.body, script.whole());
  EXPECT_EQ(client.ask(get("/again")).value_or(RawResponse{}).body, "GET /again ");
  script.wait_for_observed(2);
  EXPECT_EQ(script.alive, 0);
}

TEST(StreamedAnswers, AreCountedWhenTheyHaveEnded) {
  Script script;
  TestServer server({}, script.hooks());
  EXPECT_EQ(ask(server, get("/pieces")).body, script.whole());
  script.wait_for_observed(1);
  EXPECT_EQ(script.points, 3u);
  EXPECT_GT(script.bytes, script.whole().size());
  EXPECT_LT(script.bytes, script.whole().size() + 1'000);
}

TEST(StreamedAnswers, AreCompressedOnTheWay) {
  Script script;
  TestServer server({}, script.hooks());
  for (const std::string encoding : {"gzip", "zstd"}) {
    const RawResponse answer = ask(server, get("/pieces", "Accept-Encoding: " + encoding + "\r\n"));
    EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
    ASSERT_EQ(answer.header("Content-Encoding"), encoding);
    EXPECT_LT(answer.body.size(), script.whole().size() * 3 / 4);
    std::string decoded;
    EXPECT_EQ(decode_content(*parse_content_encoding(encoding), answer.body, 10'000'000, decoded), DecodeStatus::done);
    EXPECT_EQ(decoded, script.whole());
  }
}

TEST(StreamedAnswers, OfNothingMoreAreWhole) {
  Script script;
  script.pieces = 0;
  TestServer server({}, script.hooks());
  for (const std::string encoding : {"identity", "gzip", "zstd"}) {
    const RawResponse answer = ask(server, get("/pieces", "Accept-Encoding: " + encoding + "\r\n"));
    std::string decoded;
    EXPECT_EQ(decode_content(*parse_content_encoding(encoding), answer.body, 1'000, decoded), DecodeStatus::done);
    EXPECT_EQ(decoded, "begins;");
  }
}

TEST(StreamedAnswers, EndWithTheConnectionForClientsOfHttp10) {
  Script script;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send("GET /pieces HTTP/1.0\r\nHost: test\r\n\r\n");
  const RawResponse head = client.receive(RawClient::kPatience, true).value_or(RawResponse{});
  EXPECT_EQ(head.header("Transfer-Encoding"), "");
  EXPECT_EQ(head.header("Content-Length"), "");
  EXPECT_EQ(head.header("Connection"), "close");
  std::string body;
  EXPECT_TRUE(client.receive_rest(body));
  EXPECT_EQ(body, script.whole());
  EXPECT_TRUE(client.was_ended_properly());
}

TEST(StreamedAnswers, HaveNoBodyForHead) {
  Script script;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send("HEAD /pieces HTTP/1.1\r\nHost: test\r\n\r\n");
  const RawResponse head = client.receive(RawClient::kPatience, true).value_or(RawResponse{});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(client.ask(get("/again")).value_or(RawResponse{}).body, "GET /again ");
  EXPECT_EQ(script.made, 0);
}

TEST(StreamedAnswers, ThatFailAreCutOffAndReported) {
  for (const std::string encoding : {"identity", "gzip", "zstd"}) {
    Script script;
    script.fails_at = 2;
    TestServer server({}, script.hooks());
    RawClient client = server.connect();
    client.send(get("/pieces", "X-Request-Id: abc\r\nAccept-Encoding: " + encoding + "\r\n"));
    ASSERT_EQ(client.receive(RawClient::kPatience, true).value_or(RawResponse{}).status, 200);
    std::string body;
    EXPECT_FALSE(client.receive_chunks(body)) << "the last chunk must not come";
    if (encoding == "identity") {
      EXPECT_EQ(body, "begins;" + text_of(0) + text_of(1));
    }
    EXPECT_TRUE(client.sees_end());
    script.wait_for_observed(1);
    EXPECT_EQ(script.failures, "abc the answer was cut off: the disk is gone\n");
    EXPECT_EQ(script.alive, 0);
  }
}

TEST(StreamedAnswers, ThatFailAreNotTakenForWholeByClientsOfHttp10) {
  Script script;
  script.fails_at = 2;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send("GET /pieces HTTP/1.0\r\nHost: test\r\n\r\n");
  ASSERT_EQ(client.receive(RawClient::kPatience, true).value_or(RawResponse{}).status, 200);
  std::string body;
  client.receive_rest(body);
  EXPECT_LT(body.size(), script.whole().size());
  EXPECT_FALSE(client.was_ended_properly());
}

TEST(StreamedAnswers, WaitForASlowReader) {
  Script script;
  script.pieces = 300;  // 30 MB: more than any socket takes.
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  // Another client is served meanwhile, and the pieces stop coming though nothing else does.
  for (int before = -1; before != script.made; std::this_thread::sleep_for(std::chrono::milliseconds(50))) {
    before = script.made;
    EXPECT_EQ(ask(server, get("/")).status, 200);
  }
  EXPECT_LT(script.made, 200);
  std::string body;
  EXPECT_TRUE(client.receive_chunks(body));
  EXPECT_EQ(body.size(), script.whole().size());
}

TEST(StreamedAnswers, AreCutOffWhenNobodyReadsThem) {
  Script script;
  script.pieces = 300;
  HttpLimits limits;
  limits.write_timeout = std::chrono::milliseconds(100);
  TestServer server(limits, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  script.wait_for_observed(1);
  EXPECT_LT(script.made, 200);
  EXPECT_EQ(script.alive, 0);
  EXPECT_EQ(script.failures, "");
}

TEST(StreamedAnswers, MayTakeLongerThanEachPiece) {
  Script script;
  script.pieces = 1'500;
  HttpLimits limits;
  limits.write_timeout = std::chrono::seconds(2);
  TestServer server(limits, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  const auto began = std::chrono::steady_clock::now();
  std::string body;
  while (std::chrono::steady_clock::now() - began < 2 * limits.write_timeout) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    // The kernel wakes a writer once a megabyte or two of its buffer are free: on a busy machine too in less than 2 s.
    for (int i = 0; i < 5; ++i) ASSERT_GT(client.receive_chunk(body).value_or(0), 0U);
  }
  EXPECT_TRUE(client.receive_chunks(body));
}

TEST(StreamedAnswers, AreGivenUpWhenTheClientLeaves) {
  Script script;
  script.until_disconnected = true;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  client.close();
  script.wait_for_observed(1);
  EXPECT_EQ(script.alive, 0);
  EXPECT_EQ(script.failures, "") << "nobody is told of what nobody wants";
}

TEST(StreamedAnswers, HoldNoSlotOfWork) {
  Script script;
  std::latch blocked(1);
  script.block = &blocked;
  HttpLimits limits;
  limits.max_concurrent_work = 1;
  limits.max_queued_work = 0;
  TestServer server(limits, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  EXPECT_EQ(ask(server, get("/")).status, 200);
  blocked.count_down();
  std::string body;
  EXPECT_TRUE(client.receive_chunks(body));
}

TEST(StreamedAnswers, WaitTheirTurnOrAreRefusedBeforeTheyBegin) {
  Script script;
  std::latch blocked(1);
  script.block = &blocked;
  HttpLimits limits;
  limits.max_streams = 1;
  limits.max_queued_work = 0;
  TestServer server(limits, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  const RawResponse refused = ask(server, get("/pieces"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(error_code(refused), "OVERLOADED");
  EXPECT_EQ(ask(server, get("/")).status, 200);
  blocked.count_down();
  std::string body;
  EXPECT_TRUE(client.receive_chunks(body));
  EXPECT_EQ(client.ask(get("/pieces")).value_or(RawResponse{}).body, script.whole());
}

TEST(StreamedAnswers, AreFinishedByADrainInTime) {
  Script script;
  std::latch blocked(1);
  script.block = &blocked;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  server.begin_stop(RawClient::kPatience);
  blocked.count_down();
  std::string body;
  EXPECT_TRUE(client.receive_chunks(body));
  EXPECT_TRUE(client.sees_end());
}

TEST(StreamedAnswers, AreCutOffByADrainThatIsOver) {
  Script script;
  script.until_disconnected = true;
  TestServer server({}, script.hooks());
  RawClient client = server.connect();
  client.send(get("/pieces"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  server.stop(std::chrono::milliseconds(1));
  std::string body;
  EXPECT_FALSE(client.receive_chunks(body));
  EXPECT_EQ(script.alive, 0);
}

}  // namespace
}  // namespace luminate::server::http
