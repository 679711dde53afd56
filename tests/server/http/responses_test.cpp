#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <stdexcept>

#include "server/http/content_encoding.hpp"
#include "server/http/response_writer.hpp"
#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

std::string decoded(const RawResponse& response) {
  std::string out;
  const auto encoding = parse_content_encoding(response.header("Content-Encoding"));
  EXPECT_EQ(decode_content(encoding.value(), response.body, 10'000'000, out), DecodeStatus::done);
  return out;
}

TEST(Responses, CarryTheHeadersEveryAnswerHas) {
  TestServer server;
  const RawResponse answer = ask(server, post("hello"));
  EXPECT_EQ(answer.body, "POST / hello");
  EXPECT_EQ(answer.header("Content-Length"), "12");
  EXPECT_EQ(answer.header("Content-Type"), "text/plain");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.header("Connection"), "");
}

TEST(Responses, SayWhenTheyWereMade) {
  const auto date_of = [](std::int64_t seconds) {
    return http_date(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  };
  EXPECT_EQ(date_of(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // The example of RFC 9110.
  EXPECT_EQ(date_of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_of(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(date_of(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");

  TestServer server;
  const auto now = [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
  const auto before = now();
  const std::string answered = ask(server, get("/")).header("Date");
  const std::string refused = ask(server, "nonsense\r\n\r\n").header("Date");
  std::set<std::string> possible;
  for (auto time = before; time <= now(); time += std::chrono::seconds(1)) possible.insert(http_date(time));
  EXPECT_EQ(possible.count(answered), 1u) << answered;
  EXPECT_EQ(possible.count(refused), 1u) << refused;
}

TEST(Responses, EchoSaneRequestIdsOnly) {
  TestServer server;
  const std::string longest(128, 'a');
  for (const std::string& id : {std::string("Ab9._-"), longest}) {
    EXPECT_EQ(ask(server, get("/", "X-Request-Id: " + id + "\r\n")).header("X-Request-Id"), id);
  }
  std::set<std::string> fresh;
  for (const std::string& id : {longest + "a", std::string("a b"), std::string("x%0d%0aSet-Cookie:%20a=b"),
                                std::string("<b>"), std::string(), std::string("a\r\nX-Request-Id: b")}) {
    const RawResponse answer = ask(server, get("/", "X-Request-Id: " + id + "\r\n"));
    EXPECT_EQ(answer.header("Set-Cookie"), "");
    EXPECT_TRUE(fresh.insert(answer.header("X-Request-Id")).second);
    EXPECT_GE(answer.header("X-Request-Id").size(), 16U);
    EXPECT_EQ(answer.header("X-Request-Id").find("b\r"), std::string::npos);
  }
  EXPECT_EQ(fresh.count(""), 0U);
}

TEST(Responses, CannotBeSplitByWhatAClientSends) {
  // A handler that reflects whatever it is given, as a careless one might.
  const auto reflect = [](const Request& request) {
    Response response;
    response.headers["X-Reflected"] = request.headers.find("X-Value")->second;
    response.headers["X-Raw"] = "a\r\nX-Split: yes";
    response.headers["X-Bad\r\nX-Split"] = "yes";
    return response;
  };
  TestServer server({}, {reflect});
  const RawResponse answer = ask(server, get("/", "X-Value: a%0d%0aX-Split:%20yes\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("X-Reflected"), "a%0d%0aX-Split:%20yes");
  EXPECT_EQ(answer.header("X-Split"), "");
}

TEST(Responses, HandlersCannotOverruleTheFraming) {
  const auto handler = [](const Request&) {
    return Response{200, "body", "text/plain", {{"content-length", "1"}, {"Transfer-Encoding", "chunked"}}};
  };
  TestServer server({}, {handler});
  RawClient client = server.connect();
  for (int i = 0; i < 2; ++i) {
    const RawResponse answer = client.ask(get("/")).value_or(RawResponse{});
    EXPECT_EQ(answer.body, "body");
    EXPECT_EQ(answer.header("Transfer-Encoding"), "");
  }
}

TEST(Requests, ClientsCannotForgeAddresses) {
  std::string seen;
  const auto handler = [&](const Request& request) {
    seen = request.remote_address;
    for (const auto& [name, value] : request.headers) seen += " " + name + "=" + value;
    return Response{};
  };
  TestServer server({}, {handler});
  ask(server, get("/", "REMOTE_ADDR: 6.6.6.6\r\nremote_port: 6\r\nLOCAL_ADDR: 6.6.6.6\r\nLOCAL_PORT: 6\r\n"));
  EXPECT_EQ(seen, "127.0.0.1 Host=test");
}

TEST(Requests, AreDecodedOnceAndJoined) {
  Request seen;
  TestServer server({}, {[&](const Request& request) {
                      seen = request;
                      return Response{};
                    }});
  ask(server, get("/a%20b%2541?x=1%262&x=+&y", "A: 1\r\na: %41\r\n"));
  EXPECT_EQ(seen.path, "/a b%41");
  EXPECT_EQ(seen.query, (std::multimap<std::string, std::string>{{"x", "1&2"}, {"x", " "}, {"y", ""}}));
  EXPECT_EQ(seen.headers["A"], "1, %41");
}

TEST(Failures, ExceptionTextStaysInside) {
  std::string logged;
  HttpServer::Hooks hooks{[](const Request&) -> Response { throw std::runtime_error("secret password"); }};
  hooks.fail = [&](const Request& request, std::string_view what) { logged = request.id + " " + std::string(what); };
  TestServer server({}, hooks);
  RawClient client = server.connect();
  client.send(get("/", "X-Request-Id: id-1\r\n") + get("/", "X-Request-Id: id-2\r\n"));
  const RawResponse answer = client.receive().value_or(RawResponse{});
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(error_code(answer), "INTERNAL_ERROR");
  EXPECT_NE(answer.body.find("id-1"), std::string::npos);
  for (const auto& [name, value] : answer.headers) EXPECT_EQ((name + value).find("secret"), std::string::npos) << name;
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.receive().value_or(RawResponse{}).header("X-Request-Id"), "id-2");
  EXPECT_EQ(logged, "id-2 secret password");
}

TEST(Failures, AnythingThrownIsA500) {
  TestServer server({}, {[](const Request&) -> Response { throw 7; }});
  EXPECT_EQ(error_code(ask(server, get("/"))), "INTERNAL_ERROR");
  TestServer absurd({}, {[](const Request&) { return Response{100, "", "", {}}; }});
  EXPECT_EQ(error_code(ask(absurd, get("/"))), "INTERNAL_ERROR");
}

TEST(Methods, HeadIsGetWithoutABody) {
  TestServer server;
  RawClient client = server.connect();
  client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.receive(RawClient::kPatience, true);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->header("Content-Length"), std::to_string(std::string("HEAD /x ").size()));
  EXPECT_EQ(client.input(), "");
  EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, "GET / ");
}

TEST(Methods, OptionsAndDeleteReachTheHandler) {
  TestServer server;
  EXPECT_EQ(ask(server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").body, "OPTIONS * ");
  EXPECT_EQ(ask(server, "DELETE /m HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}").body, "DELETE /m {}");
  EXPECT_EQ(ask(server, "PUT /m HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}").body, "PUT /m {}");
  EXPECT_EQ(ask(server, "GET http://proxied/m?a HTTP/1.1\r\nHost: a\r\n\r\n").body, "GET /m ");
}

TEST(Methods, AnswersWithoutBodiesHaveNone) {
  TestServer server({}, {[](const Request&) { return Response{204, "ignored", "text/plain", {}}; }});
  RawClient client = server.connect();
  for (int i = 0; i < 2; ++i) {
    const RawResponse answer = client.ask(get("/")).value_or(RawResponse{});
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("Content-Length"), "");
  }
}

TEST(Connections, EndWhenTheClientWants) {
  TestServer server;
  for (const std::string& request :
       {get("/", "Connection: foo, Close\r\n"), std::string("GET / HTTP/1.0\r\nHost: a\r\n\r\n")}) {
    RawClient client = server.connect();
    client.send(request + get("/second"));
    const RawResponse answer = client.receive().value_or(RawResponse{});
    EXPECT_EQ(answer.body, "GET / ");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client.sees_end());
  }
}

TEST(Expect, ContinueIsSentBeforeTheBody) {
  TestServer server;
  RawClient client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 100);
  EXPECT_EQ(client.ask("hello").value_or(RawResponse{}).body, "POST / hello");
  EXPECT_EQ(ask(server, get("/", "Expect: miracles\r\n")).status, 417);
}

TEST(Compression, IsUsedWhenAskedForAndWorthIt) {
  const std::string large(1025, 'x');
  TestServer server({}, {[&](const Request& request) {
                      return Response{200, large.substr(request.path == "/small" ? 1 : 0), "text/plain", {}};
                    }});
  for (const std::string name : {"gzip", "zstd"}) {
    const RawResponse answer = ask(server, get("/", "Accept-Encoding: " + name + "\r\n"));
    EXPECT_EQ(answer.header("Content-Encoding"), name);
    EXPECT_EQ(answer.header("Vary"), "Accept-Encoding");
    EXPECT_LT(answer.body.size(), 100U);
    EXPECT_EQ(decoded(answer), large);
    const RawResponse small = ask(server, get("/small", "Accept-Encoding: " + name + "\r\n"));
    EXPECT_EQ(small.header("Content-Encoding"), "");
    EXPECT_EQ(small.body.size(), 1024U);
  }
  for (const std::string header : {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0, zstd;q=0\r\n"}) {
    const RawResponse plain = ask(server, get("/", header));
    EXPECT_EQ(plain.body, large);
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_EQ(plain.header("Vary"), "Accept-Encoding");
  }
}

TEST(Compression, LargeAnswersArriveWhole) {
  std::string body;
  for (std::uint64_t i = 0; body.size() < 3'000'000; ++i) body += std::to_string(i * 7919);
  TestServer server({}, {[&](const Request&) { return Response{200, body, "text/plain", {}}; }});
  EXPECT_EQ(ask(server, get("/")).body, body);
  EXPECT_EQ(decoded(ask(server, get("/", "Accept-Encoding: gzip\r\n"))), body);
  EXPECT_EQ(decoded(ask(server, get("/", "Accept-Encoding: zstd\r\n"))), body);
}

TEST(Observer, SeesEveryAnswer) {
  std::string seen;
  HttpServer::Hooks hooks{&TestServer::echo};
  hooks.observe = [&](const Request& request, const Response& response, std::chrono::microseconds took) {
    seen += request.method + request.path + std::to_string(response.status) + (took.count() < 0 ? "?" : "") + ";";
  };
  {
    TestServer server({}, hooks);
    RawClient client = server.connect();
    client.ask(get("/a"));
    client.ask(post("x", "Content-Encoding: br\r\n"));
    EXPECT_TRUE(client.sees_end());
    server.stop(RawClient::kPatience);
  }
  EXPECT_EQ(seen, "GET/a200;POST/415;");
}

TEST(Observer, LearnsTheSizeOfABodyAndItsBeginning) {
  std::vector<Request> seen;
  HttpServer::Hooks hooks{&TestServer::echo};
  hooks.observe = [&](const Request& request, const Response&, std::chrono::microseconds) {
    seen.push_back({.body = request.body, .received_bytes = request.received_bytes, .body_bytes = request.body_bytes});
  };
  const std::string kept(kKeptBodyBytes, 'a');
  const std::string longer = kept + 'b';
  const std::string zipped = encode_content(ContentEncoding::gzip, longer);
  {
    HttpLimits limits;
    limits.max_body_bytes = longer.size();
    TestServer server(limits, hooks);
    // On one connection, so that they are seen one after another.
    RawClient client = server.connect();
    client.ask(post(kept));
    client.ask(post(longer));
    client.ask(post(zipped, "Content-Encoding: gzip\r\n"));
    client.ask(post_chunks(chunk(longer + 'c') + chunk("")));
    server.stop(RawClient::kPatience);
  }
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].body, kept);
  EXPECT_EQ(seen[0].received_bytes, kept.size());
  EXPECT_EQ(seen[1].body, kept);
  EXPECT_EQ(seen[1].received_bytes, longer.size());
  EXPECT_EQ(seen[1].body_bytes, longer.size());
  EXPECT_EQ(seen[2].body, kept);
  EXPECT_EQ(seen[2].received_bytes, zipped.size());
  EXPECT_EQ(seen[2].body_bytes, longer.size());
  EXPECT_EQ(seen[3].received_bytes, longer.size()) << "of a body that was refused, what had come";
  EXPECT_EQ(seen[3].body_bytes, 0u);
}

}  // namespace
}  // namespace luminate::server::http
