#include "post_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace luminate::bench {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The value of a header, in lower case.
std::optional<std::string> header(std::string_view head, std::string_view name) {
  std::string text(head);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  const std::string mark = "\r\n" + std::string(name) + ": ";
  const auto at = text.find(mark);
  if (at == std::string::npos) return std::nullopt;
  const auto begin = at + mark.size();
  return text.substr(begin, text.find("\r\n", begin) - begin);
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value, base).ec != std::errc()) {
    throw std::runtime_error("the server sent a length that is none: " + std::string(text));
  }
  return value;
}

}  // namespace

PostClient::PostClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
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
}

PostClient::~PostClient() {
  ::close(socket_);
}

void PostClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw std::runtime_error("the server closed the connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void PostClient::receive_some() {
  if (received_.size() - filled_ < kReadSize) received_.resize(std::max(received_.size() * 2, filled_ + kReadSize));
  const ssize_t got = ::recv(socket_, received_.data() + filled_, received_.size() - filled_, 0);
  if (got <= 0) throw std::runtime_error("the server closed the connection");
  filled_ += static_cast<std::size_t>(got);
}

std::size_t PostClient::receive_until(std::string_view mark, std::size_t from) {
  std::size_t searched = from;
  for (;;) {
    const auto at = std::string_view(received_).substr(0, filled_).find(mark, searched);
    if (at != std::string_view::npos) return at + mark.size();
    searched = std::max(from, filled_ - std::min(filled_, mark.size()));
    receive_some();
  }
}

void PostClient::receive_at_least(std::size_t bytes) {
  while (filled_ < bytes) receive_some();
}

/// Puts the pieces of a chunked body together, in place, from `from` on. Returns where they end.
std::size_t PostClient::receive_chunks(std::size_t from) {
  std::size_t read = from;
  std::size_t written = from;
  for (;;) {
    const std::size_t begin = receive_until("\r\n", read);
    const std::size_t size = number(std::string_view(received_).substr(read, begin - read), 16);
    receive_at_least(begin + size + 2);
    std::memmove(received_.data() + written, received_.data() + begin, size);
    read = begin + size + 2;
    written += size;
    if (size == 0) return written;
  }
}

std::string_view PostClient::post(std::string_view path, std::string_view body, std::string_view content_type) {
  std::string head = "POST ";
  ((head += path) += " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ") += content_type;
  (head += "\r\nContent-Length: ") += std::to_string(body.size());
  send_all(head += "\r\n\r\n");
  send_all(body);

  filled_ = 0;
  const std::size_t begin = receive_until("\r\n\r\n", 0);
  const std::string answer_head = received_.substr(0, begin);
  const std::string_view status = std::string_view(answer_head).substr(0, 12);
  std::size_t end = begin;
  if (const auto length = header(answer_head, "content-length")) {
    receive_at_least(end = begin + number(*length, 10));
  } else if (header(answer_head, "transfer-encoding") == "chunked") {
    end = receive_chunks(begin);
  }
  const std::string_view answer = std::string_view(received_).substr(begin, end - begin);
  if (status != "HTTP/1.1 200" && status != "HTTP/1.1 204") {
    throw std::runtime_error("unexpected answer: " + answer_head + std::string(answer.substr(0, 1000)));
  }
  return answer;
}

}  // namespace luminate::bench
