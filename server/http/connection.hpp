#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "server/http/body_budget.hpp"
#include "server/http/connection_registry.hpp"
#include "server/http/connection_stream.hpp"
#include "server/http/content_encoding.hpp"
#include "server/http/http_server.hpp"
#include "server/http/refusal.hpp"
#include "server/http/request_head.hpp"
#include "server/http/request_id.hpp"
#include "server/http/response_writer.hpp"
#include "server/http/streamed_body.hpp"
#include "server/http/work_gate.hpp"

namespace luminate::server::http {

/// What all connections of a server share.
struct ServerContext {
  ServerContext(HttpLimits limits, HttpServer::Hooks hooks);

  /// A refusal as the client gets it.
  Response refuse(const Refusal& refusal);

  const HttpLimits limits;
  const HttpServer::Hooks hooks;
  RequestIds ids;
  ConnectionRegistry registry;
  WorkGate work;
  WorkGate streams;  ///< Answers that are made while they are sent; without a slot of `work` meanwhile.
  BodyBudget bodies;

 private:
  std::atomic<unsigned> refused_{0};
};

/// One client's connection: reads requests, has them handled and answers, one after another. Used by one thread.
class Connection {
 public:
  enum class Use {
    any,
    urgent,  ///< It has a place of the reserve: one request that is urgent and comes soon, or 503.
  };

  Connection(ServerContext& context, std::unique_ptr<Channel> channel, std::string remote_address, Use use = Use::any);

  /// Returns when the connection is over.
  void serve();

 private:
  enum class Next { another_request, linger, close };

  /// A timeout, or what the reserve leaves of it.
  std::chrono::milliseconds at_most(std::chrono::milliseconds timeout) const;
  /// @returns false when there is nobody to serve.
  bool open();
  /// Answers what does not even have a request.
  void turn_away(const Refusal& refusal, std::string_view reason);
  bool wait_for_request(std::chrono::milliseconds timeout, bool is_first);
  Next serve_request();
  /// Why there is no place for a request that has come, if there is none.
  std::optional<Refusal> refuse_place(const Request& request, bool has_body) const;
  bool is_urgent(const Request& request, bool has_body) const;
  /// @returns false when the client left without a request; nobody waits for an answer then.
  bool read_head(RequestHead& head, std::optional<Refusal>& refusal);
  /// The answer to a request that is turned away for its head, if it is one.
  std::optional<Response> admit(Request& request, bool has_body);
  /// Reads over the body of a request that was turned away. @returns whether another request may follow it.
  bool skip_body(const RequestHead& head, const Response& answer, BodyBudget::Share& share, std::string& body);
  Response work(Request& request, ContentEncoding encoding, bool has_body, BodyBudget::Share& share,
                std::optional<Refusal>& refusal);
  Response work_in_slot(Request& request, ContentEncoding encoding, BodyBudget::Share& share,
                        std::optional<Refusal>& refusal);
  Response fail(const Request& request, std::string_view what);
  /// @returns whether all was sent. A client that takes it too slowly is cut off.
  bool send_all(std::string_view bytes, Clock::time_point deadline);
  // Both: @returns whether the whole answer was sent.
  bool send(const Request& request, const Response& response, bool close);
  bool stream(const Request& request, Response& response, BodyFraming framing, bool close);
  /// @returns false when there is none to be had, and the answer cannot be completed.
  bool next_piece(const Request& request, StreamedBody& body, std::string& wire, bool& more);

  ServerContext& context_;
  ConnectionStream stream_;
  ConnectionRegistry::Entry entry_;  // Dies before the stream, which owns the socket.
  const std::string remote_address_;
  const Use use_;
};

Refusal too_many_connections();

}  // namespace luminate::server::http
