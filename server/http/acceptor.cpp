// Which part of cpp-httplib serves, and why no more of it.
//
// The library is taken for name resolution, binding, the accept loop and its hooks. A connection's bytes are ours from
// the first to the last. Driving Server::process_request() over a stream of our own was the other way, and was turned
// down, because it cannot be made strict by looking at what it parsed:
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
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace luminate::server::http {
namespace {

/// The library listens with room for 5 connections; at 64 clients that cost 1.2 s at the 99th percentile.
constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kRetryAccept{10};

/// The library hands every socket to a queue, meant for a pool; here the hand-over happens at once.
class ImmediateQueue final : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override { task(); }
  void shutdown() override {}
};

}  // namespace

class Acceptor::Listener final : public httplib::Server {
 public:
  explicit Listener(OnConnection on_connection) : on_connection_(std::move(on_connection)) {
    new_task_queue = [] { return new ImmediateQueue; };
    // The library's default is SO_REUSEPORT, which lets a second server take half of the connections unnoticed.
    set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    });
  }

  ~Listener() override {
    if (listening_ >= 0) ::close(listening_);
  }

  std::uint16_t bind(const std::string& host, std::uint16_t port) {
    errno = 0;
    const int bound = port == 0 ? bind_to_any_port(host) : (bind_to_port(host, port) ? port : -1);
    const int error = errno != 0 ? errno : EADDRNOTAVAIL;
    if (bound < 0) {
      throw std::system_error(error, std::generic_category(), "cannot listen on " + host + ":" + std::to_string(port));
    }
    listening_ = svr_sock_.exchange(INVALID_SOCKET);
    ::listen(listening_, kBacklog);
    return static_cast<std::uint16_t>(bound);
  }

  void run() {
    // On any error of accept() but three the library closes its socket and gives up; among them are those of a machine
    // short of memory or files, which pass. So it gets a duplicate each time, and the server outlives them. It closes
    // the duplicate in every case: stop() looks like an error of accept() to it.
    while (!stopped_) {
      const int duplicate = ::fcntl(listening_, F_DUPFD_CLOEXEC, 0);
      if (duplicate >= 0) {
        svr_sock_ = duplicate;
        listen_after_bind();
        svr_sock_ = INVALID_SOCKET;
      }
      if (!stopped_) std::this_thread::sleep_for(kRetryAccept);
    }
  }

  void stop() {
    stopped_ = true;
    // Wakes accept(). Nothing is closed here: another thread may be just about to use the descriptor.
    if (listening_ >= 0) ::shutdown(listening_, SHUT_RDWR);
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    on_connection_(socket);
    return true;
  }

  const OnConnection on_connection_;
  int listening_ = -1;
  std::atomic<bool> stopped_{false};
};

Acceptor::Acceptor(OnConnection on_connection) : listener_(std::make_unique<Listener>(std::move(on_connection))) {}

Acceptor::~Acceptor() = default;

std::uint16_t Acceptor::bind(const std::string& host, std::uint16_t port) {
  return listener_->bind(host, port);
}

void Acceptor::run() {
  listener_->run();
}

void Acceptor::stop() {
  listener_->stop();
}

}  // namespace luminate::server::http
