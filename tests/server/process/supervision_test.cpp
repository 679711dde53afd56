#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <regex>
#include <string>

#include "server/systemd.hpp"
#include "server_process.hpp"
#include "service_manager.hpp"

// The server and whoever started it: what it tells a service manager, what it takes from one, and how it ends.
namespace luminate::server {
namespace {

const char* const kReady = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const char* const kAlive = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

class Supervision : public ::testing::Test {
 protected:
  Supervision() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Supervision() override { std::filesystem::remove_all(folder_); }

  static std::vector<std::string> arguments() {
    return {"--port", "0", "--log-format", "json", "--storage-url", "memory:"};
  }

  std::filesystem::path folder_;
};

/// A listening socket that the test keeps, as a service manager does.
class ListeningSocket {
 public:
  explicit ListeningSocket(std::uint32_t address = INADDR_LOOPBACK)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_addr.s_addr = htonl(address);
    listen(reinterpret_cast<const sockaddr*>(&in), sizeof in);
    socklen_t size = sizeof in;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&in), &size);
    port_ = ntohs(in.sin_port);
  }
  explicit ListeningSocket(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un un = address_of(path);
    listen(reinterpret_cast<const sockaddr*>(&un), sizeof un);
  }
  ~ListeningSocket() { ::close(socket_); }
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int descriptor() const { return socket_; }
  std::uint16_t port() const { return port_; }

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
  }

 private:
  void listen(const sockaddr* address, socklen_t size) const {
    if (::bind(socket_, address, size) != 0 || ::listen(socket_, 16) != 0) std::abort();
  }

  int socket_;
  std::uint16_t port_ = 0;
};

TEST_F(Supervision, TellsItsServiceManagerHowItFares) {
  NotifySocket manager(folder_ / "notify");
  ServerProcess server(arguments(), {.environment = {manager.variable()}});
  const std::string ready = manager.wait_for("READY=1");
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(ready, "READY=1\nSTATUS=listening on http://127.0.0.1:" + std::to_string(port));

  server.signal(SIGHUP);
  const std::string reloading = manager.wait_for("RELOADING=1");
  EXPECT_TRUE(std::regex_search(reloading, std::regex("\nMONOTONIC_USEC=[1-9][0-9]+\n"))) << reloading;
  EXPECT_EQ(manager.wait_for("READY=1"), ready);

  server.signal(SIGTERM);
  EXPECT_NE(manager.wait_for("STOPPING=1"), "");
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  for (std::string late = manager.next(std::chrono::milliseconds(0)); !late.empty();
       late = manager.next(std::chrono::milliseconds(0))) {
    EXPECT_EQ(late.find("READY=1"), std::string::npos);
  }
}

TEST_F(Supervision, AsksForTimeWhileItStarts) {
  NotifySocket manager(folder_ / "notify");
  ServerProcess server(arguments(), {.environment = {manager.variable()}});
  const std::string first = manager.next();
  EXPECT_TRUE(std::regex_search(first, std::regex("^EXTEND_TIMEOUT_USEC=[1-9][0-9]+\nSTATUS="))) << first;
  ASSERT_NE(server.wait_for_port(), 0) << server.output();
}

TEST_F(Supervision, FeedsAWatchdog) {
  NotifySocket manager(folder_ / "notify");
  ServerProcess server(arguments(), {.environment = {manager.variable(), "WATCHDOG_USEC=100000"}});
  ASSERT_NE(server.wait_for_port(), 0) << server.output();
  for (int i = 0; i < 4; ++i) EXPECT_NE(manager.wait_for("WATCHDOG=1"), "");
}

TEST_F(Supervision, LetsAWatchdogStarveOnceNothingMoves) {
  NotifySocket socket(folder_ / "notify");
  ::setenv("NOTIFY_SOCKET", (folder_ / "notify").c_str(), 1);
  ::setenv("WATCHDOG_USEC", "20000", 1);
  {
    ServiceManager manager;
    std::atomic<bool> moves = true;
    manager.ready("here");
    const auto beat = manager.watch([&] { return moves.load(); });
    EXPECT_NE(socket.wait_for("WATCHDOG=1"), "");
    moves = false;
    while (!socket.next(std::chrono::milliseconds(200)).empty()) {
    }
    moves = true;
    EXPECT_NE(socket.wait_for("WATCHDOG=1"), "");
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_F(Supervision, IsSilentWhereNobodyAsks) {
  ServiceManager manager;
  EXPECT_TRUE(manager.sockets().empty());
  manager.ready("here");
  EXPECT_FALSE(manager.watch([] { return true; }).joinable());
}

TEST_F(Supervision, ServesOnTheSocketThatItWasGiven) {
  const ListeningSocket socket;
  // A port of its own it does not open then: it would be one more door than was asked for.
  ServerProcess server(arguments(), {.sockets = {socket.descriptor()}});
  EXPECT_EQ(server.wait_for_port(), socket.port()) << server.output();
  EXPECT_EQ(send_alone(socket.port(), kReady).substr(0, 12), "HTTP/1.1 200");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(Supervision, LosesNoConnectionBetweenTwoServersOnOneSocket) {
  const ListeningSocket socket;
  {
    ServerProcess server(arguments(), {.sockets = {socket.descriptor()}});
    ASSERT_EQ(server.wait_for_port(), socket.port()) << server.output();
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  }
  const Connection waiting(socket.port());
  ASSERT_TRUE(waiting.is_open());
  waiting.send(kReady);
  ServerProcess server(arguments(), {.sockets = {socket.descriptor()}});
  ASSERT_EQ(server.wait_for_port(), socket.port()) << server.output();
  // It may come to that request before its store is open, and says so then.
  const std::string answer = waiting.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.1 503")) << answer;
}

TEST_F(Supervision, ServesOnSeveralSocketsOfAnyKind) {
  const ListeningSocket first;
  const ListeningSocket second;
  const std::string path = folder_ / "http.sock";
  const ListeningSocket local(path);
  ServerProcess server(arguments(), {.sockets = {local.descriptor(), first.descriptor(), second.descriptor()}});
  ASSERT_EQ(server.wait_for_port(), first.port()) << server.output();
  EXPECT_NE(server.output().find("unix:" + path + ", http://127.0.0.1:" + std::to_string(first.port()) + ", http://"),
            std::string::npos)
      << server.output();
  EXPECT_EQ(send_alone(first.port(), kReady).substr(0, 12), "HTTP/1.1 200");
  EXPECT_EQ(send_alone(second.port(), kReady).substr(0, 12), "HTTP/1.1 200");

  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = ListeningSocket::address_of(path);
  ASSERT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_GT(::send(client, kReady, std::strlen(kReady), MSG_NOSIGNAL), 0);
  std::array<char, 12> answer{};
  EXPECT_EQ(::recv(client, answer.data(), answer.size(), MSG_WAITALL), 12);
  EXPECT_EQ(std::string(answer.data(), 12), "HTTP/1.1 200");
  ::close(client);
}

TEST_F(Supervision, RefusesASocketThatStrangersReachWhileNobodyNeedsAToken) {
  const ListeningSocket open(INADDR_ANY);
  {
    ServerProcess server(arguments(), {.sockets = {open.descriptor()}});
    EXPECT_EQ(server.wait_for_end(), 2);
    EXPECT_NE(server.output().find("0.0.0.0, which can be reached from other machines"), std::string::npos)
        << server.output();
  }
  std::vector<std::string> insecure = arguments();
  insecure.emplace_back("--insecure");
  ServerProcess server(insecure, {.sockets = {open.descriptor()}});
  EXPECT_EQ(server.wait_for_port(), open.port()) << server.output();
}

TEST_F(Supervision, RefusesASocketThatDoesNotListen) {
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ServerProcess server(arguments(), {.sockets = {datagrams}});
  EXPECT_EQ(server.wait_for_end(), 1);
  EXPECT_NE(server.output().find("ListenStream="), std::string::npos) << server.output();
  ::close(datagrams);
}

TEST_F(Supervision, ServesOnForAWhileWhenItIsNotReadyAnyMore) {
  ServerProcess server(arguments(), {.environment = {"LUMINATE_SERVER_SHUTDOWN_DELAY=1h"}});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(send_alone(port, kReady).substr(0, 12), "HTTP/1.1 200");
  server.signal(SIGTERM);
  ASSERT_TRUE(server.wait_for_output("\"stopping")) << server.output();
  while (send_alone(port, kReady).substr(0, 12) == "HTTP/1.1 200") {
  }
  EXPECT_EQ(send_alone(port, kReady).substr(0, 12), "HTTP/1.1 503");
  EXPECT_EQ(send_alone(port, kAlive).substr(0, 12), "HTTP/1.1 200") << "alive it is";
  EXPECT_EQ(send_alone(port, post_request("/api/v1/write", R"({"metrics":[{"name":"m","value":7}]})")).substr(0, 12),
            "HTTP/1.1 200");
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_end(), 128 + SIGINT) << "a second signal waits for nothing";
}

TEST_F(Supervision, EndsByItselfAfterThatWhile) {
  ServerProcess server(arguments(), {.environment = {"LUMINATE_SERVER_SHUTDOWN_DELAY=50ms"}});
  ASSERT_NE(server.wait_for_port(), 0) << server.output();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(Supervision, KeepsNobodyAtATerminalWaiting) {
  ServerProcess server(arguments(), {.environment = {"LUMINATE_SERVER_SHUTDOWN_DELAY=1h"}});
  ASSERT_NE(server.wait_for_port(), 0) << server.output();
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(Supervision, SaysHowManyRequestsItCutOffAndEndsAsAsked) {
  ServerProcess server(arguments(), {.environment = {"LUMINATE_SERVER_SHUTDOWN_TIMEOUT=100ms"}});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const Connection slow(port);
  slow.send("POST /api/v1/write HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  ASSERT_EQ(slow.read_until("\r\n\r\n").substr(0, 12), "HTTP/1.1 100");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  EXPECT_TRUE(std::regex_search(server.output(), std::regex("\"level\":\"warning\".*cut off.*\"requests\":1")))
      << server.output();
}

}  // namespace
}  // namespace luminate::server
