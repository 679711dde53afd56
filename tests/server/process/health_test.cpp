#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "server_process.hpp"
#include "support/certificates.hpp"

// What the health check of a container runs.
namespace luminate::server {
namespace {

using test::Certificate;

struct Outcome {
  int code;
  std::string output;
};

Outcome health(std::uint16_t port, std::vector<std::string> more = {}) {
  more.insert(more.begin(), "health");
  ServerProcess tool(more, {.environment = {"LUMINATE_SERVER_PORT=" + std::to_string(port)}});
  const int code = tool.wait_for_end();
  return {code, tool.output()};
}

/// Listens, and answers the first connection with `answer` where there is one. Others only get as far as the kernel.
class Listener {
 public:
  explicit Listener(const std::string& answer) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    if (answer.empty()) return;
    thread_ = std::jthread([this, answer] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      char request[512];
      EXPECT_GT(::recv(peer, request, sizeof request, 0), 0);
      EXPECT_EQ(::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
      ::close(peer);
    });
  }
  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

TEST(Health, IsGoodWhileTheServerAnswers) {
  ServerProcess server({"--port", "0", "--log-format", "json", "--storage-url", "memory:"});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const Outcome alive = health(port);
  EXPECT_EQ(alive.code, 0);
  EXPECT_EQ(alive.output, "ok: /healthz answers 200 OK\n");
  const Outcome ready = health(port, {"--ready"});
  EXPECT_EQ(ready.code, 0);
  EXPECT_EQ(ready.output, "ok: /readyz answers 200 OK\n");

  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0);
  const Outcome gone = health(port);
  EXPECT_EQ(gone.code, 1);
  EXPECT_EQ(gone.output,
            "luminate-server: nobody answers at 127.0.0.1 port " + std::to_string(port) + ": Connection refused\n");
}

TEST(Health, AsksOnLoopbackWhereTheServerListensEverywhere) {
  ServerProcess server({"--port", "0", "--log-format", "json", "--storage-url", "memory:"});
  const std::uint16_t port = server.wait_for_port();
  ServerProcess tool({"health"}, {.environment = {"LUMINATE_SERVER_PORT=" + std::to_string(port),
                                                  "LUMINATE_SERVER_HOST=0.0.0.0", "LUMINATE_AUTH_ENABLED=true"}});
  EXPECT_EQ(tool.wait_for_end(), 0) << tool.output() << "and it needs no secret to ask";
}

TEST(Health, SpeaksTlsWithoutKnowingTheAuthority) {
  std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const Certificate own({.is_authority = true});  // Of clients, too.
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    ::chmod((folder / name).c_str(), S_IRUSR | S_IWUSR);
    return (folder / name).string();
  };
  const std::string tls = "server:\n  tls:\n    cert_file: " + write("server.pem", own.pem()) +
                          "\n    key_file: " + write("server.key", own.key_pem()) + '\n';
  for (const bool demanding : {false, true}) {
    const std::string config = write(
        "luminate.yaml", tls + (demanding ? "    client_ca_file: " + (folder / "server.pem").string() + '\n' : ""));
    ServerProcess server({"--config", config, "--port", "0", "--log-format", "json", "--storage-url", "memory:"});
    const std::uint16_t port = server.wait_for_port();
    ASSERT_NE(port, 0) << server.output();
    const Outcome outcome = health(port, {"--config", config});
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_EQ(outcome.output, demanding ? "accepts connections (and answers those who bring a certificate)\n"
                                        : "ok: /healthz answers 200 OK\n");
  }
  Listener silent("");
  EXPECT_EQ(health(silent.port(), {"--config", (folder / "luminate.yaml").string()}).code, 0)
      << "of a server that demands certificates only the port is seen";
  write("luminate.yaml", tls);
  Listener no_tls("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(health(no_tls.port(), {"--config", (folder / "luminate.yaml").string()}).code, 1);
  std::filesystem::remove_all(folder);
}

TEST(Health, IsBadWhenTheAnswerIsNotGood) {
  Listener unavailable("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  const Outcome outcome = health(unavailable.port(), {"--ready"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.output, "luminate-server: /readyz answers 503 Service Unavailable\n");

  Listener stranger("SSH-2.0-whoever\r\n");
  EXPECT_EQ(health(stranger.port()).code, 1);
}

TEST(Health, IsBadWhenNoAnswerComesInTime) {
  Listener silent("");
  const Outcome outcome = health(silent.port(), {"--timeout", "20ms"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.output, "luminate-server: /healthz is not answered within 20ms\n");
}

TEST(Health, EndsWithTwoWhenItIsNotToldRight) {
  EXPECT_EQ(health(1, {"--config", "/there/is/no/such.yaml"}).code, 2);
  EXPECT_EQ(health(1, {"--timeout", "0ms"}).code, 2);
  EXPECT_EQ(health(1, {"--timeout", "60001ms"}).code, 2);
}

}  // namespace
}  // namespace luminate::server
