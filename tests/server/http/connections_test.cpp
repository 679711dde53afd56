#include <gtest/gtest.h>

#include <vector>

#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

using std::chrono::milliseconds;

HttpLimits small_head() {
  HttpLimits limits;
  limits.max_header_bytes = 2000;
  limits.max_target_bytes = 500;
  limits.max_headers = 10;
  return limits;
}

std::string headers(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "X-" + std::to_string(i) + ": y\r\n";
  return text;
}

void expect_refused(const RawResponse& answer, int status, const std::string& code) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_EQ(error_code(answer), code);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_NE(answer.header("X-Request-Id"), "");
}

TEST(HeadLimits, TheHeadIsBoundedToTheByte) {
  TestServer server(small_head());
  const std::size_t empty = get("/", "X: \r\n").size();
  EXPECT_EQ(ask(server, get("/", "X: " + std::string(2000 - empty, 'x') + "\r\n")).status, 200);
  expect_refused(ask(server, get("/", "X: " + std::string(2001 - empty, 'x') + "\r\n")), 431, "HEADERS_TOO_LARGE");
}

TEST(HeadLimits, AHeaderLineWithoutEndIsCutOff) {
  TestServer server;
  RawClient client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  const std::string more(1024 * 1024, 'x');
  std::size_t sent = 0;
  while (sent < 64 && !client.wait_readable(milliseconds(0)) && client.send(more)) ++sent;
  EXPECT_LT(sent, 64U);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 431);
}

TEST(HeadLimits, HeadersAreCounted) {
  TestServer server(small_head());
  EXPECT_EQ(ask(server, get("/", headers(9))).status, 200);
  expect_refused(ask(server, get("/", headers(10))), 431, "HEADERS_TOO_LARGE");
}

TEST(HeadLimits, TargetsAreBounded) {
  TestServer server(small_head());
  EXPECT_EQ(ask(server, get("/" + std::string(499, 'x'))).status, 200);
  expect_refused(ask(server, get("/" + std::string(500, 'x'))), 414, "INVALID_REQUEST");
  expect_refused(ask(server, get("/" + std::string(5000, 'x'))), 414, "INVALID_REQUEST");
}

TEST(SlowClients, AHeadThatDripsIsCutOff) {
  HttpLimits limits;
  limits.read_timeout = milliseconds(300);
  TestServer server(limits);
  RawClient client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  EXPECT_TRUE(drip(client, "x"));
  expect_refused(client.receive().value_or(RawResponse{}), 408, "REQUEST_TIMEOUT");
}

TEST(SlowClients, ConnectionsThatSayNothingAreClosed) {
  HttpLimits limits;
  limits.read_timeout = limits.idle_timeout = milliseconds(50);
  TestServer server(limits);
  RawClient silent = server.connect();
  EXPECT_TRUE(silent.sees_end());
  RawClient idle = server.connect();
  EXPECT_EQ(idle.ask(get("/")).value_or(RawResponse{}).status, 200);
  EXPECT_TRUE(idle.sees_end());
}

TEST(SlowClients, ClientsThatDoNotReadAreCutOff) {
  HttpLimits limits;
  limits.write_timeout = milliseconds(100);
  limits.max_connections = 1;
  const auto large = [](const Request&) { return Response{200, std::string(64 * 1024 * 1024, 'x'), "text/plain", {}}; };
  TestServer server(limits, {large});
  RawClient client = server.connect();
  client.send(get("/"));
  ASSERT_TRUE(client.receive(RawClient::kPatience, true).has_value());
  // The one place is free again only when the client that reads no further was given up.
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    RawClient next = server.connect();
    next.send(get("/"));
    status = next.receive(RawClient::kPatience, true).value_or(RawResponse{}).status;
  }
  EXPECT_EQ(status, 200);
}

TEST(ManyConnections, DrippingOnesDoNotStopOthers) {
  TestServer server;
  std::vector<RawClient> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(server.connect());
    slow.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n");
    if (i % 2 == 0) slow.back().send("\r\nx");
  }
  EXPECT_EQ(ask(server, get("/")).status, 200);
}

TEST(ManyConnections, IdleOnesDoNotStopOthers) {
  TestServer server;
  std::vector<RawClient> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(server.connect());
    ASSERT_EQ(idle.back().ask(get("/")).value_or(RawResponse{}).status, 200) << i;
  }
  EXPECT_EQ(ask(server, get("/")).status, 200);
  EXPECT_EQ(idle.front().ask(get("/")).value_or(RawResponse{}).status, 200);
}

TEST(ManyConnections, AKeptConnectionServesManyRequests) {
  TestServer server;
  RawClient client = server.connect();
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.ask(get("/")).value_or(RawResponse{}).status, 200) << i;
}

/// Where there is no place at all: by TLS nothing but an alert can be said.
void expect_turned_away(RawClient& client) {
  if (client.tls() != nullptr) {
    EXPECT_FALSE(client.secure());
    EXPECT_EQ(client.tls()->failure(), "tlsv1 alert internal error");
    return;
  }
  const RawResponse answer = client.receive().value_or(RawResponse{});
  expect_refused(answer, 503, "OVERLOADED");
  EXPECT_NE(answer.header("Retry-After"), "");
}

void expect_cap(HttpLimits limits, int cap) {
  limits.reserved_connections = 0;
  TestServer server(limits);
  std::vector<RawClient> clients;
  for (int i = 0; i < cap; ++i) {
    clients.push_back(server.connect());
    ASSERT_EQ(clients.back().ask(get("/")).value_or(RawResponse{}).status, 200);
  }
  RawClient late = server.connect();
  expect_turned_away(late);
  EXPECT_TRUE(late.sees_end());

  clients.pop_back();
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) status = ask(server, get("/")).status;
  EXPECT_EQ(status, 200);
}

TEST(ManyConnections, AreCappedInAll) {
  HttpLimits limits;
  limits.max_connections = 3;
  expect_cap(limits, 3);
}

TEST(ManyConnections, AreCappedByAddress) {
  HttpLimits limits;
  limits.max_connections_per_address = 2;
  expect_cap(limits, 2);
}

/// A server that has no place left but its reserve, of which an address gets half.
struct FullHouse {
  static HttpLimits limits(std::size_t reserved) {
    HttpLimits limits;
    limits.max_connections = 1;
    limits.reserved_connections = reserved;
    return limits;
  }
  static HttpServer::Hooks hooks() {
    HttpServer::Hooks hooks{&TestServer::echo};
    hooks.urgent = [](const Request& request) { return request.path == "/health"; };
    return hooks;
  }

  explicit FullHouse(std::size_t reserved = 2) : server(limits(reserved), hooks()), guest(server.connect()) {
    EXPECT_EQ(guest.ask(get("/")).value_or(RawResponse{}).status, 200);
  }

  TestServer server;
  RawClient guest;
};

TEST(FullOfConnections, AnswersWhatIsUrgentOnceAConnection) {
  FullHouse house(10);
  for (int i = 0; i < 5; ++i) {
    RawClient supervisor = house.server.connect();
    const RawResponse answer = supervisor.ask(get("/health")).value_or(RawResponse{});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(supervisor.sees_end());
  }
}

TEST(FullOfConnections, TurnsOthersAwayWithTheirOwnAnswer) {
  FullHouse house;
  RawClient late = house.server.connect();
  const RawResponse answer = late.ask(get("/", "X-Request-Id: mine\r\n")).value_or(RawResponse{});
  expect_refused(answer, 503, "OVERLOADED");
  EXPECT_EQ(answer.header("X-Request-Id"), "mine");
  EXPECT_NE(answer.header("Retry-After"), "");
}

TEST(FullOfConnections, GivesNobodyTheWholeReserve) {
  FullHouse house(1);
  RawClient silent = house.server.connect();  // Takes what one address may.
  RawClient late = house.server.connect();
  expect_turned_away(late);
  // It says nothing, and has to go long before an ordinary connection would.
  EXPECT_TRUE(silent.sees_end());
}

}  // namespace
}  // namespace luminate::server::http
