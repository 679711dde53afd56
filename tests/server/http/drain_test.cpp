#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

using std::chrono::milliseconds;

TEST(Drain, AnswersWhatIsInFlightAndClosesWhatIsIdle) {
  std::latch entered(1);
  std::latch release(1);
  TestServer server({}, {[&](const Request& request) {
                      if (request.path == "/block") {
                        entered.count_down();
                        release.wait();
                      }
                      return TestServer::echo(request);
                    }});
  RawClient idle = server.connect();
  ASSERT_EQ(idle.ask(get("/")).value_or(RawResponse{}).status, 200);
  RawClient working = server.connect();
  working.send(get("/block"));
  entered.wait();

  server.begin_stop(RawClient::kPatience);
  EXPECT_TRUE(idle.sees_end());
  // A listening socket that was shut down refuses; the moment it does so is the kernel's.
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  while (server.connect().connected() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_FALSE(server.connect().connected());

  release.count_down();
  const RawResponse answer = working.receive().value_or(RawResponse{});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  working.close();
  server.stop(RawClient::kPatience);
}

TEST(Drain, AnswersWhoConnectedBeforeItBegan) {
  HttpLimits limits;
  limits.linger_timeout = milliseconds(20);  // These clients look at their answers later.
  HttpServer server(limits, {&TestServer::echo});
  const std::uint16_t port = server.bind("127.0.0.1", 0);
  std::vector<RawClient> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.emplace_back(port, false);  // By TLS nobody gets so far before he is served.
    waiting.back().send(get("/"));
  }
  server.stop(RawClient::kPatience);
  EXPECT_EQ(server.run(), 0U) << "none was cut off";
  for (RawClient& client : waiting) {
    const RawResponse answer = client.receive().value_or(RawResponse{});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "close");
  }
  EXPECT_FALSE(RawClient(port).connected());
}

TEST(Drain, LeavesASocketThatIsSharedToTheOthersWhoHoldIt) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listening, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listening, 16), 0);
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const auto serve_one = [&](RawClient& client) {
    HttpServer server({}, with_transport({&TestServer::echo}));
    server.adopt(::dup(listening));
    std::thread thread([&] { server.run(); });
    EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).status, 200);
    server.stop(RawClient::kPatience);
    thread.join();
  };
  RawClient first(port);
  serve_one(first);
  RawClient between(port);
  ASSERT_TRUE(between.connected());
  serve_one(between);
  ::close(listening);
}

TEST(Drain, CutsWhatTakesTooLong) {
  std::latch entered(1);
  TestServer server({}, {[&](const Request& request) {
                      std::mutex mutex;
                      std::condition_variable_any changed;
                      std::unique_lock lock(mutex);
                      entered.count_down();
                      changed.wait_for(lock, request.disconnected, RawClient::kPatience, [] { return false; });
                      EXPECT_TRUE(request.disconnected.stop_requested());
                      return Response{};
                    }});
  RawClient working = server.connect();
  working.send(get("/"));
  RawClient dripping = server.connect();
  dripping.send("GET / HTTP/1.1\r\n");
  entered.wait();
  const auto start = std::chrono::steady_clock::now();
  server.stop(milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - start, RawClient::kPatience);
  EXPECT_TRUE(working.sees_end());
}

TEST(Drain, CountsTheRequestsThatItCutsOff) {
  std::latch entered(1);
  HttpServer server({}, with_transport({[&](const Request& request) {
                      entered.count_down();
                      while (!request.disconnected.stop_requested()) std::this_thread::yield();
                      return Response{};
                    }}));
  const std::uint16_t port = server.bind("127.0.0.1", 0);
  std::size_t cut = 0;
  std::thread thread([&] { cut = server.run(); });
  RawClient working(port);
  RawClient idle(port);
  working.send(get("/"));
  entered.wait();
  server.stop(milliseconds(10));
  thread.join();
  EXPECT_EQ(cut, 1U);
}

TEST(Drain, AShorterStopOverrulesALongerOne) {
  std::latch entered(1);
  TestServer server({}, {[&](const Request& request) {
                      entered.count_down();
                      while (!request.disconnected.stop_requested()) std::this_thread::yield();
                      return Response{};
                    }});
  RawClient working = server.connect();
  working.send(get("/"));
  entered.wait();
  server.begin_stop(std::chrono::hours(1));
  server.stop(milliseconds(0));
}

TEST(Drain, StopBeforeRunMakesRunReturn) {
  HttpServer server({}, {&TestServer::echo});
  server.bind("127.0.0.1", 0);
  server.stop(milliseconds(0));
  server.run();
}

}  // namespace
}  // namespace luminate::server::http
