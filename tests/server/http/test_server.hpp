#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "server/http/http_server.hpp"
#include "server/http/tls_context.hpp"
#include "support/certificates.hpp"
#include "tests/server/http/raw_client.hpp"

namespace luminate::server::http {

/// What a server of these tests proves itself with.
inline std::shared_ptr<const TlsContext> test_tls() {
  const test::Certificate certificate{{}};
  return std::make_shared<const TlsContext>(TlsMaterial{certificate.pem(), certificate.key_pem()});
}

/// The hooks, and TLS where this run of the tests is by TLS.
inline HttpServer::Hooks with_transport(HttpServer::Hooks hooks) {
  if (over_tls() && !hooks.tls) hooks.tls = [context = test_tls()] { return context; };
  return hooks;
}

/// A server on a free port of 127.0.0.1 for the length of a test.
class TestServer {
 public:
  explicit TestServer(HttpLimits limits = {}, HttpServer::Hooks hooks = {&echo})
      : TestServer(limits, std::move(hooks), 0) {}
  ~TestServer() { stop(std::chrono::seconds(0)); }

  RawClient connect() const { return RawClient(port_); }
  std::uint16_t port() const { return port_; }

  void begin_stop(std::chrono::milliseconds drain_timeout) { server_.stop(drain_timeout); }
  /// Returns when run() has.
  void stop(std::chrono::milliseconds drain_timeout) {
    server_.stop(drain_timeout);
    if (thread_.joinable()) thread_.join();
  }

  /// Answers with what was asked: "METHOD path body".
  static Response echo(const Request& request) {
    return {200, request.method + " " + request.path + " " + request.body, "text/plain", {}};
  }

 private:
  TestServer(HttpLimits limits, HttpServer::Hooks hooks, std::uint16_t port)
      : server_(limits, with_transport(std::move(hooks))),
        port_(server_.bind("127.0.0.1", port)),
        thread_([this] { server_.run(); }) {}

  HttpServer server_;
  const std::uint16_t port_;
  std::thread thread_;
};

inline std::string get(std::string_view target, std::string_view headers = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(headers) + "\r\n";
}

inline std::string post(std::string_view body, std::string_view headers = "") {
  return "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

inline std::string chunk(std::string_view payload) {
  char size[17];
  const auto end = std::to_chars(size, size + sizeof size, payload.size(), 16).ptr;
  return std::string(size, end) + "\r\n" + std::string(payload) + "\r\n";
}

inline std::string post_chunks(std::string_view chunks, std::string_view headers = "") {
  return "POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n" + std::string(headers) + "\r\n" +
         std::string(chunks);
}

/// The code of an error answer; empty when it has not the shape of one.
inline std::string error_code(const RawResponse& response) {
  constexpr std::string_view kStart = R"({"error": {"code": ")";
  const bool shaped = response.body.starts_with(kStart) && response.body.ends_with("}}") &&
                      response.body.find(R"(", "message": ")") != std::string::npos &&
                      response.body.find(R"(, "details": {)") != std::string::npos &&
                      response.header("Content-Type") == "application/json";
  if (!shaped) return "";
  const std::size_t start = kStart.size();
  return response.body.substr(start, response.body.find('"', start) - start);
}

/// Sends `piece` again and again, slowly, until the server answers. @returns false when it has had its chance to.
inline bool drip(RawClient& client, std::string_view piece) {
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  while (!client.wait_readable(std::chrono::milliseconds(10)) && client.send(piece)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

/// Asks on a new connection.
inline RawResponse ask(const TestServer& server, std::string_view request) {
  RawClient client = server.connect();
  return client.ask(request).value_or(RawResponse{});
}

}  // namespace luminate::server::http
