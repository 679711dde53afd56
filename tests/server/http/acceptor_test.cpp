#include "server/http/acceptor.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <future>
#include <system_error>
#include <vector>

#include "server/http/tcp_channel.hpp"
#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

TEST(Acceptor, NamesTheAddressItCannotListenOn) {
  Acceptor first([](int) {});
  const std::uint16_t port = first.bind("127.0.0.1", 0);
  Acceptor second([](int) {});
  try {
    second.bind("127.0.0.1", port);
    FAIL() << "two servers share a port";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::address_in_use);
    EXPECT_NE(std::string(error.what()).find("127.0.0.1:" + std::to_string(port)), std::string::npos) << error.what();
  }
}

TEST(Acceptor, QueuesMoreThanAHandfulOfConnections) {
  Acceptor acceptor([](int) {});
  const std::uint16_t port = acceptor.bind("127.0.0.1", 0);
  // Nobody accepts. A connection past the backlog hangs for a second before it is tried again.
  std::vector<int> sockets;
  for (int i = 0; i < 200; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockets.push_back(socket);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    pollfd polled{socket, POLLOUT, 0};
    ASSERT_EQ(::poll(&polled, 1, 700), 1) << "connection " << i;
  }
  for (const int socket : sockets) ::close(socket);
}

TEST(Acceptor, AnswersAreNotHeldBack) {
  std::promise<int> nodelay;
  Acceptor acceptor([&](int socket) {
    const TcpChannel channel(socket);
    EXPECT_EQ(channel.remote_address(), "127.0.0.1");
    int value = 0;
    socklen_t size = sizeof value;
    getsockopt(channel.descriptor(), IPPROTO_TCP, TCP_NODELAY, &value, &size);
    nodelay.set_value(value);
  });
  const std::uint16_t port = acceptor.bind("127.0.0.1", 0);
  std::thread thread([&] { acceptor.run(); });
  const RawClient client(port);
  EXPECT_NE(nodelay.get_future().get(), 0);
  acceptor.stop();
  thread.join();
}

}  // namespace
}  // namespace luminate::server::http
