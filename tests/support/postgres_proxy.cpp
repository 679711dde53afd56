#include "support/postgres_proxy.hpp"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "support/postgres_cluster.hpp"

namespace luminate::test {
namespace {

sockaddr_un address_of(const std::string& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory + std::string(PostgresCluster::kSocket);
  if (path.size() >= sizeof(address.sun_path)) throw std::logic_error("the path of a socket is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool send_all(int socket, const char* data, std::int64_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

struct PostgresProxy::Link {
  Link(int accepted, int connected) : client(accepted), server(connected) {}
  ~Link() {
    ::close(client);
    ::close(server);
  }
  void cut() const {
    ::shutdown(client, SHUT_RDWR);
    ::shutdown(server, SHUT_RDWR);
  }
  const int client;
  const int server;
  std::atomic<bool> silent = false;
  std::atomic<int> pumps = 2;
  std::array<std::thread, 2> threads{};
};

PostgresProxy::PostgresProxy(const std::string& socket_directory) : server_(socket_directory) {
  std::string name = "/tmp/luminate-proxy-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  directory_ = name;
  const sockaddr_un address = address_of(directory_);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 100) != 0) {
    throw std::runtime_error("cannot listen in " + directory_);
  }
  accepting_ = std::thread([this] { serve(); });
}

PostgresProxy::~PostgresProxy() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    until_cut_ = -1;
  }
  ::shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  cut_all();
  for (const auto& link : links_) {
    for (auto& thread : link->threads) thread.join();
  }
  ::close(listener_);
  std::filesystem::remove_all(directory_);
}

std::string PostgresProxy::url() const {
  return PostgresCluster::url_of(directory_);
}

void PostgresProxy::cut_after(Direction direction, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  cut_direction_ = direction;
  until_cut_ = bytes;
}

bool PostgresProxy::wait_for_cut(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return cut_happened_.wait_for(lock, at_most, [this] { return until_cut_ < 0; });
}

void PostgresProxy::keep() {
  const std::lock_guard lock(mutex_);
  until_cut_ = -1;
}

void PostgresProxy::cut_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& link : links_) link->cut();
}

void PostgresProxy::refuse() {
  refuses_ = true;
}

void PostgresProxy::refuse_after_cut() {
  const std::lock_guard lock(mutex_);
  refuses_after_cut_ = true;
}

void PostgresProxy::accept() {
  const std::lock_guard lock(mutex_);
  refuses_after_cut_ = false;
  refuses_ = false;
}

void PostgresProxy::fall_silent() {
  const std::lock_guard lock(mutex_);
  silent_ = true;
  for (const auto& link : links_) link->silent = true;
}

void PostgresProxy::revive() {
  const std::lock_guard lock(mutex_);
  silent_ = false;
  for (const auto& link : links_) {
    if (link->silent) ::shutdown(link->server, SHUT_RDWR);
  }
}

void PostgresProxy::serve() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0 && errno == EINTR) continue;
    if (client < 0) return;
    const sockaddr_un address = address_of(server_);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool connected =
        !refuses_ && ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    auto link = std::make_shared<Link>(client, server);
    if (!connected) continue;  // And so it is closed.
    ++connections_;
    const std::lock_guard lock(mutex_);
    if (ends_) return;
    link->silent = silent_.load();
    links_.remove_if([](const auto& left) {
      if (left->pumps != 0) return false;
      for (auto& thread : left->threads) thread.join();
      return true;
    });
    links_.push_back(link);
    link->threads[0] = std::thread([this, link] { pump(link, Direction::to_server); });
    link->threads[1] = std::thread([this, link] { pump(link, Direction::to_client); });
  }
}

/// How many of these bytes may pass; fewer: here is the cut.
std::int64_t PostgresProxy::pass(Direction direction, std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (until_cut_ < 0 || direction != cut_direction_) return bytes;
  const std::int64_t passing = std::min(bytes, until_cut_);
  until_cut_ -= passing;
  if (passing == bytes) return bytes;
  until_cut_ = -1;
  if (refuses_after_cut_) refuses_ = true;
  return passing;
}

void PostgresProxy::pump(const std::shared_ptr<Link>& link, Direction direction) {
  const bool to_server = direction == Direction::to_server;
  const int from = to_server ? link->client : link->server;
  const int to = to_server ? link->server : link->client;
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t count = ::recv(from, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    if (link->silent) continue;
    const std::int64_t passing = pass(direction, count);
    carried_[static_cast<int>(direction)] += passing;
    if (!send_all(to, buffer.data(), passing)) break;
    if (passing < count) {
      link->cut();
      cut_happened_.notify_all();
    }
  }
  if (!link->silent) link->cut();  // The other side of a silent one does not learn of it.
  // Last of all: whoever sees no pump joins both threads, and they are done.
  --link->pumps;
}

}  // namespace luminate::test
