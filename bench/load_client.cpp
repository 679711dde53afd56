#include "load_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "measure.hpp"

namespace luminate::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kLength = "Content-Length: ";

/// How many bytes an answer has, once its head is there.
std::optional<std::size_t> size_of_answer(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  if (!received.starts_with("HTTP/1.1 2")) {
    throw std::runtime_error("unexpected answer: " + std::string(received.substr(0, 1000)));
  }
  const auto at = received.find(kLength);
  if (at >= end) throw std::runtime_error("an answer without Content-Length");
  std::size_t length = 0;
  std::from_chars(received.data() + at + kLength.size(), received.data() + end, length);
  return end + 4 + length;
}

class Client {
 public:
  const std::size_t index;

  Client(std::uint16_t port, int poll, std::size_t place)
      : index(place), poll_(poll), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("cannot connect to the server");
    }
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, socket_, &event);
  }
  ~Client() { ::close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void ask(const Load::Outgoing& request) {
    left_ = request;
    begun_ = Clock::now();
    send();
  }

  /// @returns the time that the request took, when the answer is complete.
  std::optional<Clock::duration> proceed(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) send();
    if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return std::nullopt;
    if (buffer_.size() - received_ < 4096) buffer_.resize(buffer_.size() * 2);
    const ssize_t got = ::recv(socket_, buffer_.data() + received_, buffer_.size() - received_, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    if (got <= 0) throw std::runtime_error("the server closed the connection");
    received_ += static_cast<std::size_t>(got);
    const auto size = size_of_answer({buffer_.data(), received_});
    if (!size || received_ < *size) return std::nullopt;
    received_ = 0;
    return Clock::now() - begun_;
  }

 private:
  void send() {
    while (!left_.head.empty() || !left_.body.empty()) {
      std::array<iovec, 2> parts = {iovec{const_cast<char*>(left_.head.data()), left_.head.size()},
                                    iovec{const_cast<char*>(left_.body.data()), left_.body.size()}};
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = parts.size();
      const ssize_t result = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
      if (result < 0 && errno == EAGAIN) return watch(EPOLLIN | EPOLLOUT);
      if (result < 0) throw std::runtime_error("the server closed the connection");
      auto sent = static_cast<std::size_t>(result);
      const std::size_t of_head = std::min(sent, left_.head.size());
      left_.head.remove_prefix(of_head);
      left_.body.remove_prefix(sent - of_head);
    }
    if (watched_ != EPOLLIN) watch(EPOLLIN);
  }

  void watch(std::uint32_t events) {
    watched_ = events;
    epoll_event event{.events = events, .data = {.ptr = this}};
    ::epoll_ctl(poll_, EPOLL_CTL_MOD, socket_, &event);
  }

  const int poll_;
  const int socket_;
  std::uint32_t watched_ = EPOLLIN;
  Load::Outgoing left_;
  Clock::time_point begun_;
  std::vector<char> buffer_ = std::vector<char>(16 * 1024);
  std::size_t received_ = 0;
};

/// Owns the descriptor of an epoll instance.
struct Poll {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  Poll() = default;
  ~Poll() { ::close(descriptor); }
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
};

}  // namespace

LoadResult run(const Load& load) {
  const Poll poll;
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < load.connections; ++i)
    clients.push_back(std::make_unique<Client>(load.port, poll.descriptor, i));
  std::vector<double> took_us;
  took_us.reserve(1 << 20);
  const double cpu_before = cpu_seconds_of_self();
  const Stopwatch watch;
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->ask(load.next(i));
  std::array<epoll_event, 256> events{};
  while (watch.seconds() < load.seconds) {
    const int ready = ::epoll_wait(poll.descriptor, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < ready; ++i) {
      auto* const client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      const auto took = client->proceed(events[static_cast<std::size_t>(i)].events);
      if (!took) continue;
      took_us.push_back(std::chrono::duration<double, std::micro>(*took).count());
      client->ask(load.next(client->index));
    }
  }
  LoadResult result;
  result.seconds = watch.seconds();
  result.own_cpu_seconds = cpu_seconds_of_self() - cpu_before;
  result.requests = took_us.size();
  result.p50_us = quantile(took_us, 0.5);
  result.p99_us = quantile(took_us, 0.99);
  result.worst_us = quantile(took_us, 1);
  return result;
}

std::string request_head(std::string_view method, std::string_view path, std::string_view token,
                         std::size_t content_length) {
  std::string head(method);
  ((head += ' ') += path) += " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!token.empty()) ((head += "Authorization: Bearer ") += token) += "\r\n";
  if (method != "GET") {
    ((head += "Content-Type: application/json\r\nContent-Length: ") += std::to_string(content_length)) += "\r\n";
  }
  return head += "\r\n";
}

}  // namespace luminate::bench
