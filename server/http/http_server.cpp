#include "server/http/http_server.hpp"

#include <array>
#include <stop_token>
#include <thread>
#include <utility>

#include "server/http/acceptor.hpp"
#include "server/http/connection.hpp"
#include "server/http/connection_gate.hpp"
#include "server/http/response_writer.hpp"
#include "server/http/tcp_channel.hpp"
#include "server/http/tls_channel.hpp"
#include "server/http/worker_threads.hpp"

namespace luminate::server::http {
namespace {

/// A connection and its place under the caps, which is free again after the connection ended.
struct Admitted {
  Admitted(ConnectionGate::Pass given_pass, ServerContext& context, std::unique_ptr<Channel> channel,
           std::string address, Connection::Use use)
      : pass(std::move(given_pass)), connection(context, std::move(channel), std::move(address), use) {}

  ConnectionGate::Pass pass;
  Connection connection;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpLimits limits, Hooks hooks)
      : context_(limits, std::move(hooks)),
        gate_(limits.max_connections, limits.max_connections_per_address),
        reserve_(limits.reserved_connections, (limits.reserved_connections + 1) / 2),
        acceptor_([this](int socket) { accept(socket); }) {}

  std::uint16_t bind(const std::string& host, std::uint16_t port) { return acceptor_.bind(host, port); }

  void adopt(int listening) { acceptor_.adopt(listening); }

  std::size_t run() {
    std::jthread watcher([this](const std::stop_token& stop) { context_.registry.watch(stop); });
    acceptor_.run();
    const std::size_t cut = context_.registry.drain();
    threads_.join();
    return cut;
  }

  void stop(std::chrono::milliseconds drain_timeout) {
    context_.registry.begin_drain(Clock::now() + drain_timeout);
    acceptor_.stop();
  }

  Stall stall() const { return {acceptor_.unseen(), context_.work.stuck()}; }

  Load load() const {
    const ConnectionRegistry::Count count = context_.registry.count();
    const WorkGate::Use work = context_.work.use();
    return {count.connections, context_.limits.max_connections, count.requests, work.slots, work.taken, work.waiting};
  }

 private:
  /// On the accepting thread: must neither block nor throw.
  void accept(int socket) noexcept {
    std::unique_ptr<TcpChannel> channel;
    try {
      channel = std::make_unique<TcpChannel>(socket);
      std::string address = channel->remote_address();
      auto place = gate_.admit(address);
      const auto use = place ? Connection::Use::any : Connection::Use::urgent;
      auto pass = place ? std::move(place) : reserve_.admit(address);
      if (pass) {
        // Made here and not by its thread, so that a drain that begins now knows of it.
        auto admitted = std::make_shared<Admitted>(std::move(*pass), context_, secured(std::move(channel)),
                                                   std::move(address), use);
        threads_.run([admitted] { serve(admitted->connection); });
        return;
      }
      turn_away(*channel, std::move(address));
    } catch (...) {
      // No memory, or no thread: the channel closes the socket, and there is nothing to answer with.
    }
  }

  std::unique_ptr<Channel> secured(std::unique_ptr<TcpChannel> channel) const {
    if (!context_.hooks.tls) return channel;
    return std::make_unique<TlsChannel>(context_.hooks.tls(), std::move(channel));
  }

  static void serve(Connection& connection) noexcept {
    try {
      connection.serve();
    } catch (...) {
      // Out of memory outside of a handler: the connection ends, the server goes on.
    }
  }

  /// One answer into the socket's empty buffer, without waiting.
  void turn_away(TcpChannel& channel, std::string address) {
    Request request;
    request.remote_address = std::move(address);
    request.id = context_.ids.next();
    const Response response = context_.refuse(too_many_connections());
    if (context_.hooks.tls) {
      // A handshake would take the time of whoever else wants to be accepted.
      TlsChannel::turn_away(channel);
    } else {
      const std::string bytes = response_head(response, request.id, true) + response.body;
      channel.send(bytes.data(), bytes.size());
    }
    channel.finish_sending();
    // Closing over unread input would reset the connection, and the answer with it.
    std::array<char, 4096> ignored;
    channel.receive(ignored.data(), ignored.size());
    if (context_.hooks.observe) context_.hooks.observe(request, response, std::chrono::microseconds(0));
  }

  ServerContext context_;
  ConnectionGate gate_;
  ConnectionGate reserve_;  ///< For those whom gate_ has no place for.
  WorkerThreads threads_;
  Acceptor acceptor_;
};

HttpServer::HttpServer(HttpLimits limits, Hooks hooks) : impl_(std::make_unique<Impl>(limits, std::move(hooks))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::bind(const std::string& host, std::uint16_t port) {
  return impl_->bind(host, port);
}

void HttpServer::adopt(int listening) {
  impl_->adopt(listening);
}

std::size_t HttpServer::run() {
  return impl_->run();
}

HttpServer::Stall HttpServer::stall() const {
  return impl_->stall();
}

HttpServer::Load HttpServer::load() const {
  return impl_->load();
}

void HttpServer::stop(std::chrono::milliseconds drain_timeout) {
  impl_->stop(drain_timeout);
}

}  // namespace luminate::server::http
