#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server::http {

class TlsContext;

/// The bounds within which connections are served. Whoever steps over one gets one answer, where there is one to
/// give, and is cut off.
struct HttpLimits {
  std::size_t max_connections = 512;
  std::size_t max_connections_per_address = 256;
  /// Beyond both, at once, for one urgent request each, and half of them for one address: others get 503 there.
  std::size_t reserved_connections = 16;
  std::size_t max_header_bytes = 16 * 1024;  ///< Request line and all headers.
  std::size_t max_headers = 64;
  std::size_t max_target_bytes = 8 * 1024;
  std::size_t max_body_bytes = 10'485'760;       ///< After decompression, and on the wire.
  std::size_t min_body_bytes_per_second = 1024;  ///< Averaged over the body; 0: any.
  std::size_t max_concurrent_work = 0;           ///< Handlers at once; 0: four times the cores, at least 96.
  std::size_t max_queued_work = 256;             ///< Requests waiting for a handler; more get 503 with Retry-After.
  std::size_t max_streams = 64;                  ///< Answers made while they are sent, at once.
  std::size_t max_buffered_body_bytes = 256 * 1024 * 1024;  ///< Of all requests being received or handled; then 503.
  std::chrono::milliseconds min_body_rate_grace = std::chrono::seconds(5);  ///< A body may be slow for so long.
  std::chrono::milliseconds max_queue_wait = std::chrono::seconds(10);      ///< For a handler; then 503.
  /// For a place among the streams; then 503. Short, as whoever waits holds what the storage has begun.
  std::chrono::milliseconds max_stream_wait = std::chrono::seconds(1);
  std::chrono::milliseconds read_timeout =
      std::chrono::seconds(30);  ///< For a whole request head, and for a whole body.
  std::chrono::milliseconds write_timeout =
      std::chrono::seconds(30);  ///< For a whole answer; for each piece of one that is made while it is sent.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);  ///< Between requests of a connection.
  std::chrono::milliseconds linger_timeout =
      std::chrono::seconds(1);  ///< After the last answer, for the client to read it.
};

/// The HTTP/1.1 transport: sockets, framing, limits, compression. The only code that knows cpp-httplib.
///
///     HttpServer server(limits, handler);
///     const std::uint16_t port = server.bind("127.0.0.1", 0);
///     server.run();   // until stop(), from any thread
class HttpServer {
 public:
  /// Answers one request. Called from many threads at once; an exception becomes a 500 without its text.
  using Handler = std::function<Response(const Request&)>;
  /// Sees every answered request, with how long it took; for logs and metrics. The answers of the transport itself are
  /// among them: then the request holds what was understood of it, perhaps only `id` and `remote_address`. The time
  /// runs from the complete head to the last byte sent. Of the request's body the first kKeptBodyBytes are left by
  /// then; the response's may be compressed. Must not throw.
  using Observer = std::function<void(const Request&, const Response&, std::chrono::microseconds)>;
  /// Sees the head of every request that is not urgent, before its body is read and before it waits for a slot. An
  /// answer turns it away, so that nobody makes the server receive and decompress what it will refuse; where a body
  /// follows, that ends the connection (but after 429 and a small one). Else it may give the request an admission.
  using Admit = std::function<std::optional<Response>(Request&)>;
  /// Requests that must be answered even when all work slots are taken (health, metrics). Asked only about requests
  /// without a body, as reading one costs memory and time.
  using Urgent = std::function<bool(const Request&)>;
  /// Learns what a handler threw, as the client does not; for logs. Must not throw.
  using Failure = std::function<void(const Request&, std::string_view what)>;

  /// Learns why a connection ended before it could be used, such as a client without the certificate that is demanded;
  /// for logs. The reason is a text of ours or of OpenSSL, and holds nothing of the client's. Must not throw.
  using ClientRefused = std::function<void(std::string_view remote_address, std::string_view why)>;
  /// What connections that begin now are encrypted with. Must not throw.
  using Tls = std::function<std::shared_ptr<const TlsContext>()>;

  struct Hooks {
    Handler handle;
    Observer observe = nullptr;
    Urgent urgent = nullptr;
    Failure fail = nullptr;
    Admit admit = nullptr;
    ClientRefused refuse_client = nullptr;
    Tls tls = nullptr;  ///< None: the server speaks plain HTTP.
  };

  HttpServer(HttpLimits limits, Hooks hooks);
  ~HttpServer();

  /// @returns the port bound to: `port`, or a free one for 0. @throws std::system_error, the message names host:port.
  std::uint16_t bind(const std::string& host, std::uint16_t port);

  /// Serves on a socket that listens already, instead of bind() or in addition. What nobody accepted when the server
  /// stops is left to those who hold the socket too.
  void adopt(int listening);

  /// Serves until stop(), once. Then finishes the requests that are being handled and answers them, for at most
  /// `drain_timeout`, and returns. What is left after that is cut off and its handlers are asked to stop
  /// (Request::disconnected); run() still waits for them to return. @returns how many requests were cut off.
  std::size_t run();

  /// For how long nothing has moved where something always should.
  struct Stall {
    std::chrono::milliseconds accepting{};  ///< The thread that accepts has not been seen; a second or so is usual.
    std::chrono::milliseconds working{};    ///< All work slots have been taken, and none was given back.
  };
  Stall stall() const;

  /// How much it has to do at this moment; waits for nothing.
  struct Load {
    std::size_t connections = 0;
    std::size_t max_connections = 0;
    std::size_t requests = 0;  ///< Whose answers have not been sent yet.
    std::size_t work_slots = 0;
    std::size_t work_slots_taken = 0;
    std::size_t waiting = 0;  ///< Of the requests, those that wait for a work slot.
  };
  Load load() const;

  /// Stops accepting, lets run() drain and return; before run(), makes it return at once. Idle connections are closed.
  /// Safe from any thread, and more than once: the earliest end of a drain counts. Not from a signal handler.
  void stop(std::chrono::milliseconds drain_timeout);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace luminate::server::http
