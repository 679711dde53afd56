#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <set>
#include <string>

#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

/// A handler that says when it began and returns when it may.
struct Blocking {
  std::latch entered{1};
  std::latch release{1};

  HttpServer::Hooks hooks() {
    HttpServer::Hooks hooks{[this](const Request& request) {
      if (request.path == "/block") {
        entered.count_down();
        release.wait();
      }
      return TestServer::echo(request);
    }};
    hooks.urgent = [](const Request& request) { return request.path == "/health"; };
    return hooks;
  }
};

HttpLimits one_worker(std::size_t queue) {
  HttpLimits limits;
  limits.max_concurrent_work = 1;
  limits.max_queued_work = queue;
  return limits;
}

TEST(Work, IsRefusedWhenSaturatedButUrgentRequestsAreNot) {
  Blocking blocking;
  TestServer server(one_worker(0), blocking.hooks());
  RawClient working = server.connect();
  working.send(get("/block"));
  blocking.entered.wait();

  RawClient other = server.connect();
  const RawResponse refused = other.ask(get("/")).value_or(RawResponse{});
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(error_code(refused), "OVERLOADED");
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_EQ(other.ask(get("/health")).value_or(RawResponse{}).status, 200) << "the connection goes on";
  EXPECT_EQ(ask(server, "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").status, 503);

  blocking.release.count_down();
  EXPECT_EQ(working.receive().value_or(RawResponse{}).status, 200);
  EXPECT_EQ(other.ask(get("/")).value_or(RawResponse{}).status, 200);
}

TEST(Work, ThatIsRefusedComesAgainAtDifferentTimes) {
  Blocking blocking;
  TestServer server(one_worker(0), blocking.hooks());
  RawClient working = server.connect();
  working.send(get("/block"));
  blocking.entered.wait();
  std::set<std::string> seconds;
  for (int i = 0; i < 8; ++i) seconds.insert(ask(server, get("/")).header("Retry-After"));
  EXPECT_EQ(seconds, (std::set<std::string>{"1", "2", "3", "4"}));
  blocking.release.count_down();
}

TEST(Work, WaitsItsTurn) {
  Blocking blocking;
  TestServer server(one_worker(1), blocking.hooks());
  RawClient working = server.connect();
  working.send(get("/block"));
  blocking.entered.wait();
  // Of two more one waits and one is refused, whichever comes first.
  RawClient first = server.connect();
  RawClient second = server.connect();
  first.send(get("/"));
  second.send(get("/"));
  const bool first_refused = [&] {
    while (true) {
      if (first.wait_readable(std::chrono::milliseconds(5))) return true;
      if (second.wait_readable(std::chrono::milliseconds(5))) return false;
    }
  }();
  EXPECT_EQ((first_refused ? first : second).receive().value_or(RawResponse{}).status, 503);
  blocking.release.count_down();
  EXPECT_EQ((first_refused ? second : first).receive().value_or(RawResponse{}).status, 200);
}

TEST(Work, DoesNotWaitForEver) {
  Blocking blocking;
  HttpLimits limits = one_worker(1);
  limits.max_queue_wait = std::chrono::milliseconds(20);
  TestServer server(limits, blocking.hooks());
  RawClient working = server.connect();
  working.send(get("/block"));
  blocking.entered.wait();
  EXPECT_EQ(ask(server, get("/")).status, 503);
  blocking.release.count_down();
  EXPECT_EQ(working.receive().value_or(RawResponse{}).status, 200);
}

TEST(Work, LearnsThatItsClientLeft) {
  std::latch entered(1);
  std::latch stopped(1);
  TestServer server({}, {[&](const Request& request) {
                      std::mutex mutex;
                      std::condition_variable_any changed;
                      std::unique_lock lock(mutex);
                      entered.count_down();
                      changed.wait_for(lock, request.disconnected, RawClient::kPatience, [] { return false; });
                      if (request.disconnected.stop_requested()) stopped.count_down();
                      return Response{};
                    }});
  RawClient client = server.connect();
  client.send(get("/"));
  entered.wait();
  EXPECT_FALSE(stopped.try_wait());
  client.close();
  server.stop(RawClient::kPatience);
  EXPECT_TRUE(stopped.try_wait());
}

}  // namespace
}  // namespace luminate::server::http
