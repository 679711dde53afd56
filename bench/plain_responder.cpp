#include "plain_responder.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not of <csignal>.
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace luminate::bench {
namespace {

/// As long as a luminate-server's answer to /healthz.
constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Request-Id: 0123456789abcdef-00000000\r\n"
    "X-Content-Type-Options: nosniff\r\n\r\nok\n";

void watch(int poll, int descriptor) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

[[noreturn]] void respond(int listening) {
  const int poll = ::epoll_create1(0);
  watch(poll, listening);
  std::array<epoll_event, 256> events{};
  std::array<char, 64 * 1024> request{};
  for (;;) {
    const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
      if (descriptor == listening) {
        const int accepted = ::accept(listening, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(poll, accepted);
      } else if (::recv(descriptor, request.data(), request.size(), 0) <= 0 ||
                 ::send(descriptor, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) {
        ::close(descriptor);
      }
    }
  }
}

}  // namespace

PlainResponder::PlainResponder() {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listening, 1024) != 0 ||
      ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(listening);
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  process_ = ::fork();
  if (process_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    respond(listening);
  }
  ::close(listening);
}

PlainResponder::~PlainResponder() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace luminate::bench
