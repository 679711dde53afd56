// Which part of cpp-httplib serves, and why no more of it.
//
// The library is taken for name resolution and binding. Its accept loop ends by shutting the socket down, which resets
// whoever waits to be accepted, and takes a socket away from the service manager that handed it over; and it ends for
// good at any error of accept() but three, those of a machine short of memory or files among them, which pass. A
// connection's bytes are ours from the first to the last. Driving Server::process_request() over a stream of our own
// was the other way, and was turned down, because it cannot be made strict by looking at what it parsed:
//   - its header reader drops lines that do not end in CRLF, lines without a colon and headers without a value before
//     any callback sees them, so what a proxy took for "Transfer-Encoding" may be gone without a trace;
//   - it percent-decodes header values, which changes what clients sent and can make line ends appear in them;
//   - it sizes chunks with strtoul(), which takes "-1", "+5", "0x10" and blanks;
//   - it runs std::regex, which recurses once a character, over the client's Range header;
//   - it adds REMOTE_ADDR and its kin to the client's headers, and the text of exceptions to the answer.
// Each is cured by reading the raw head ourselves first. Once that is written, the library's parser would only read
// again what is known already, so the head is fed to nothing else, and one request is parsed once.
#include "server/http/acceptor.hpp"

#include <fcntl.h>
#include <httplib.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace luminate::server::http {
namespace {

/// The library listens with room for 5 connections; at 64 clients that cost 1.2 s at the 99th percentile.
constexpr int kBacklog = 1024;
/// After an error of accept(): of a machine that is short of something.
constexpr std::chrono::milliseconds kRetryAccept{10};
/// An idle acceptor is seen so often.
constexpr std::chrono::milliseconds kHeartbeat{1000};

int make_event() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

/// What the library is good for here: an address, and a socket bound to it.
class Binder final : public httplib::Server {
 public:
  Binder() {
    // The library's default is SO_REUSEPORT, which lets a second server take half of the connections unnoticed.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
  }

  /// @returns the socket and the port, which is -1 on failure.
  std::pair<int, int> bind(const std::string& host, std::uint16_t port) {
    const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
    return {svr_sock_.exchange(INVALID_SOCKET), bound};
  }
};

}  // namespace

Acceptor::Acceptor(OnConnection on_connection)
    : on_connection_(std::move(on_connection)), wake_(make_event()), seen_(Clock::now().time_since_epoch().count()) {}

Acceptor::~Acceptor() {
  for (const Listener& listener : listeners_) ::close(listener.descriptor);
  ::close(wake_);
}

std::uint16_t Acceptor::bind(const std::string& host, std::uint16_t port) {
  errno = 0;
  const auto [descriptor, bound] = Binder().bind(host, port);
  const int error = errno != 0 ? errno : EADDRNOTAVAIL;
  if (bound < 0) {
    throw std::system_error(error, std::generic_category(), "cannot listen on " + host + ":" + std::to_string(port));
  }
  listen_on({descriptor, false});
  ::listen(descriptor, kBacklog);
  return static_cast<std::uint16_t>(bound);
}

void Acceptor::adopt(int listening) {
  listen_on({listening, true});
}

void Acceptor::listen_on(Listener listener) {
  listeners_.push_back(listener);
  // Who was there to be accepted may be gone when it comes to it, and nobody else must wait for the next.
  ::fcntl(listener.descriptor, F_SETFL, ::fcntl(listener.descriptor, F_GETFL) | O_NONBLOCK);
}

void Acceptor::run() {
  std::vector<pollfd> polled{{wake_, POLLIN, 0}};
  for (const Listener& listener : listeners_) polled.push_back({listener.descriptor, POLLIN, 0});
  for (;;) {
    seen_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    if (::poll(polled.data(), polled.size(), static_cast<int>(kHeartbeat.count())) <= 0) continue;
    if (polled.front().revents != 0) break;
    bool failed = false;
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if (polled[i].revents != 0) failed |= !accept_queued(polled[i].fd);
    }
    if (failed) ::poll(polled.data(), 1, static_cast<int>(kRetryAccept.count()));
  }
  for (const Listener& listener : listeners_) {
    if (!listener.is_shared) accept_queued(listener.descriptor);
    ::close(listener.descriptor);
  }
  listeners_.clear();
}

/// @returns false for an error that had better pass before the next attempt.
bool Acceptor::accept_queued(int listening) {
  // Not for ever: there may be other listeners, and an end.
  for (int i = 0; i < kBacklog; ++i) {
    const int socket = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) {
      on_connection_(socket);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return false;
    }
  }
  return true;
}

void Acceptor::stop() {
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

std::chrono::milliseconds Acceptor::unseen() const {
  const Clock::time_point seen{Clock::duration(seen_.load(std::memory_order_relaxed))};
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - seen);
}

}  // namespace luminate::server::http
