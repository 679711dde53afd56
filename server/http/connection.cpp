#include "server/http/connection.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <thread>
#include <utility>

#include "server/http/body_reader.hpp"
#include "server/http/response_writer.hpp"

namespace luminate::server::http {
namespace {

/// Up to this size a body is sent in one piece with its head: copying is cheaper than another system call.
constexpr std::size_t kSendTogether = 64 * 1024;
/// Up to this size a body is read although its request was turned away.
constexpr std::size_t kSkippedBody = 64 * 1024;

/// Within this a request of the reserve has to come, and its answer to be taken: places there must not be held for
/// long.
constexpr std::chrono::milliseconds kUrgentPatience = std::chrono::seconds(2);

/// Who has connected when the server stops is probably about to ask something, and gets an answer still.
constexpr std::chrono::milliseconds kLastChance{250};

/// Clients that were refused together must not all come again together.
constexpr unsigned kMaxRetryAfterS = 4;

/// Far more than cores: writes mostly wait for the disk, and those that wait together share a commit. Whoever waits for
/// a slot first costs twice the wake-ups, and one tenant has three quarters of the slots at most.
std::size_t work_slots(const HttpLimits& limits) {
  if (limits.max_concurrent_work > 0) return limits.max_concurrent_work;
  return std::max<std::size_t>(96, 4 * std::size_t{std::thread::hardware_concurrency()});
}

std::string_view header(const Request& request, std::string_view name) {
  const auto entry = request.headers.find(name);
  return entry == request.headers.end() ? std::string_view{} : std::string_view{entry->second};
}

std::string_view tenant_of(const Request& request) {
  return request.admission ? request.admission->tenant() : std::string_view{};
}

Refusal overloaded() {
  return {503, kOverloaded, "too many requests are being worked on; try again later"};
}

constexpr std::string_view kPlainOnTls = "plain_http_on_tls_port";
constexpr std::string_view kTlsOnPlain = "tls_on_plain_http_port";
/// The first byte of TLS, and of no request.
constexpr char kTlsRecord = 0x16;

/// Says nothing of the cause: that is for the log, where the id finds it.
Response internal_error(const Request& request) {
  return error_response(500, kInternalError, "internal error; it is logged under the request id",
                        R"({"requestId": ")" + request.id + R"("})");
}

}  // namespace

ServerContext::ServerContext(HttpLimits given_limits, HttpServer::Hooks given_hooks)
    : limits(given_limits),
      hooks(std::move(given_hooks)),
      work(work_slots(limits), limits.max_queued_work, limits.max_queue_wait),
      streams(limits.max_streams, limits.max_queued_work, limits.max_stream_wait),
      bodies(limits.max_buffered_body_bytes) {}

Response ServerContext::refuse(const Refusal& refusal) {
  Response response = error_response(refusal.status, refusal.code, refusal.message);
  if (refusal.status == 503) {
    const unsigned turn = refused_.fetch_add(1, std::memory_order_relaxed);
    response.headers.emplace("Retry-After", std::to_string(1 + turn % kMaxRetryAfterS));
  }
  return response;
}

Refusal too_many_connections() {
  return {503, kOverloaded, "too many connections; try again later"};
}

Connection::Connection(ServerContext& context, std::unique_ptr<Channel> channel, std::string remote_address, Use use)
    : context_(context),
      stream_(std::move(channel), context.limits.max_header_bytes),
      entry_(context.registry, stream_.channel().descriptor()),
      remote_address_(std::move(remote_address)),
      use_(use) {}

bool Connection::open() {
  const Clock::time_point deadline = Clock::now() + at_most(context_.limits.read_timeout);
  auto outcome = stream_.open(deadline, context_.registry.drain_event());
  if (outcome == ConnectionStream::Outcome::interrupted) {
    outcome = stream_.open(std::min(deadline, Clock::now() + kLastChance), -1);
  }
  switch (outcome) {
    case ConnectionStream::Outcome::ready:
      return true;
    case ConnectionStream::Outcome::foreign:
      turn_away({400, kInvalidRequest, "this port speaks TLS: use https://"}, kPlainOnTls);
      return false;
    case ConnectionStream::Outcome::interrupted:
      return false;
    case ConnectionStream::Outcome::closed:
    case ConnectionStream::Outcome::timed_out:
      break;
  }
  const std::string_view why = stream_.channel().open_failure();
  if (!why.empty() && context_.hooks.refuse_client) context_.hooks.refuse_client(remote_address_, why);
  stream_.linger(Clock::now() + context_.limits.linger_timeout);
  return false;
}

void Connection::turn_away(const Refusal& refusal, std::string_view reason) {
  Request request;
  request.remote_address = remote_address_;
  request.id = context_.ids.next();
  Response response = context_.refuse(refusal);
  response.reason = reason;
  const bool sent = send(request, response, true);
  if (context_.hooks.observe) context_.hooks.observe(request, response, std::chrono::microseconds(0));
  if (sent) stream_.linger(Clock::now() + context_.limits.linger_timeout);
}

void Connection::serve() {
  if (!open()) return;
  // A client that connects is expected to have something to say sooner than one that keeps a connection for later.
  auto patience = at_most(std::min(context_.limits.read_timeout, context_.limits.idle_timeout));
  Next next = Next::another_request;
  bool is_first = true;
  while (next == Next::another_request && wait_for_request(patience, is_first)) {
    if (!stream_.channel().encrypted() && stream_.buffered().front() == kTlsRecord) {
      return turn_away({400, kInvalidRequest, "this port speaks plain HTTP, and no TLS: use http://"}, kTlsOnPlain);
    }
    entry_.begin_request();
    next = serve_request();
    entry_.end_request();
    patience = context_.limits.idle_timeout;
    is_first = false;
  }
  if (next == Next::linger) stream_.linger(Clock::now() + context_.limits.linger_timeout);
  if (next == Next::another_request) stream_.part();
}

bool Connection::wait_for_request(std::chrono::milliseconds timeout, bool is_first) {
  const Clock::time_point deadline = Clock::now() + timeout;
  auto outcome = stream_.wait_for_input(deadline, context_.registry.drain_event());
  if (outcome == ConnectionStream::Outcome::interrupted && is_first) {
    outcome = stream_.wait_for_input(std::min(deadline, Clock::now() + kLastChance), -1);
  }
  return outcome == ConnectionStream::Outcome::ready;
}

std::chrono::milliseconds Connection::at_most(std::chrono::milliseconds timeout) const {
  return use_ == Use::urgent ? std::min(timeout, kUrgentPatience) : timeout;
}

bool Connection::is_urgent(const Request& request, bool has_body) const {
  return !has_body && context_.hooks.urgent && context_.hooks.urgent(request);
}

std::optional<Refusal> Connection::refuse_place(const Request& request, bool has_body) const {
  if (use_ == Use::any || is_urgent(request, has_body)) return std::nullopt;
  return too_many_connections();
}

Connection::Next Connection::serve_request() {
  RequestHead head;
  std::optional<Refusal> refusal;
  if (!read_head(head, refusal)) return Next::close;
  const Clock::time_point start = Clock::now();

  Request request;
  request.method = std::move(head.method);
  request.path = std::move(head.path);
  request.query = std::move(head.query);
  request.headers = std::move(head.headers);
  request.remote_address = remote_address_;
  request.encrypted = stream_.channel().encrypted();
  request.disconnected = entry_.gone();
  const std::string_view client_id = header(request, "X-Request-Id");
  request.id = is_sane_request_id(client_id) ? std::string(client_id) : context_.ids.next();

  std::optional<BodyBudget::Share> share(std::in_place, context_.bodies);
  auto encoding = std::optional(ContentEncoding::identity);
  Response response;
  bool turned_away = false;
  bool out_of_step = false;  // A body that nobody has read lies before the next request.
  if (!refusal) refusal = refuse_place(request, head.has_body());
  if (!refusal) {
    if (auto answer = admit(request, head.has_body())) {
      response = std::move(*answer);
      turned_away = true;
      out_of_step = head.has_body() && !skip_body(head, response, *share, request.body);
    } else if (request.admission) {
      request.admission->expect_body(static_cast<std::size_t>(head.content_length));
      share->belong_to(request.admission->tenant());
    }
  }
  if (!refusal && !turned_away && head.has_body()) {
    encoding = parse_content_encoding(header(request, "Content-Encoding"));
    if (encoding) {
      refusal = read_body(stream_, head, context_.limits, *share, request.body);
      request.received_bytes = request.body.size();
      if (request.admission) request.admission->expect_body(request.body.size());
    } else {
      refusal = Refusal{415, kUnsupportedMediaType, "Content-Encoding must be gzip, zstd or identity"};
    }
  }
  if (!refusal && !turned_away) response = work(request, *encoding, head.has_body(), *share, refusal);
  if (refusal) response = context_.refuse(*refusal);
  // A client that reads its answer slowly must not hold the memory of its body meanwhile.
  if (request.body.capacity() > kKeptBodyBytes) request.body = request.body.substr(0, kKeptBodyBytes);
  share.reset();

  // What is small fits into the socket. Who has got it may ask again at once, and must find its place free.
  if (!response.rest && response.body.size() <= kSendTogether) request.admission.reset();
  const bool close = refusal || out_of_step || !head.keep_alive || use_ == Use::urgent || context_.registry.draining();
  const BodyFraming framing = head.takes_chunks ? BodyFraming::chunked : BodyFraming::until_close;
  const bool sent = response.rest ? stream(request, response, framing, close) : send(request, response, close);
  request.admission.reset();
  if (context_.hooks.observe) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
    context_.hooks.observe(request, response, took);
  }
  if (!sent) return Next::close;
  return close ? Next::linger : Next::another_request;
}

std::optional<Response> Connection::admit(Request& request, bool has_body) {
  if (!context_.hooks.admit || is_urgent(request, has_body)) return std::nullopt;
  try {
    return context_.hooks.admit(request);
  } catch (const std::exception& error) {
    return fail(request, error.what());
  } catch (...) {
    return fail(request, "something that is not a std::exception");
  }
}

bool Connection::skip_body(const RequestHead& head, const Response& answer, BodyBudget::Share& share,
                           std::string& body) {
  // Whoever is too fast comes again, and a new connection would cost both sides more than these bytes.
  if (answer.status != 429 || head.chunked || head.expects_continue || head.content_length > kSkippedBody) return false;
  const bool whole = !read_body(stream_, head, context_.limits, share, body);
  body.clear();
  return whole;
}

bool Connection::read_head(RequestHead& head, std::optional<Refusal>& refusal) {
  const Clock::time_point deadline = Clock::now() + at_most(context_.limits.read_timeout);
  HeadScanner scanner;
  for (;;) {
    const std::string_view buffered = stream_.buffered();
    switch (scanner.scan(buffered)) {
      case HeadScanner::State::complete:
        refusal = parse_request_head(buffered.substr(0, scanner.size()), context_.limits, head);
        stream_.consume(scanner.size());
        return true;
      case HeadScanner::State::bare_line_feed:
        refusal = Refusal{400, kInvalidRequest, "every line of the request head must end in CRLF"};
        return true;
      case HeadScanner::State::more:
        break;
    }
    if (buffered.size() >= context_.limits.max_header_bytes) {
      const std::string most = std::to_string(context_.limits.max_header_bytes);
      refusal = scanner.has_request_line()
                    ? Refusal{431, kHeadersTooLarge, "the request head is larger than " + most + " bytes"}
                    : Refusal{414, kInvalidRequest, "the request line is longer than " + most + " bytes"};
      return true;
    }
    const bool late = Clock::now() >= deadline;
    switch (late ? ConnectionStream::Outcome::timed_out : stream_.fill(deadline)) {
      case ConnectionStream::Outcome::ready:
        break;
      case ConnectionStream::Outcome::timed_out:
        refusal = Refusal{408, kRequestTimeout, "the request head came too slowly"};
        return true;
      case ConnectionStream::Outcome::closed:
      case ConnectionStream::Outcome::interrupted:
      case ConnectionStream::Outcome::foreign:
        return false;
    }
  }
}

Response Connection::work(Request& request, ContentEncoding encoding, bool has_body, BodyBudget::Share& share,
                          std::optional<Refusal>& refusal) {
  entry_.begin_work();
  Response response;
  try {
    const bool urgent = is_urgent(request, has_body);
    const auto slot = urgent ? std::nullopt : context_.work.enter(request.disconnected, tenant_of(request));
    response = urgent || slot ? work_in_slot(request, encoding, share, refusal) : context_.refuse(overloaded());
  } catch (const std::exception& error) {
    response = fail(request, error.what());
  } catch (...) {
    response = fail(request, "something that is not a std::exception");
  }
  entry_.end_work();
  return response;
}

Response Connection::fail(const Request& request, std::string_view what) {
  if (context_.hooks.fail) context_.hooks.fail(request, what);
  return internal_error(request);
}

Response Connection::work_in_slot(Request& request, ContentEncoding encoding, BodyBudget::Share& share,
                                  std::optional<Refusal>& refusal) {
  // Decompressing is work: in a slot its memory and time are bounded by the number of slots.
  if (encoding != ContentEncoding::identity) {
    refusal = decompress_body(encoding, context_.limits, share, request.body);
    if (refusal && refusal->status == 413 && request.admission) {
      request.admission->expect_body(context_.limits.max_body_bytes);
    }
    if (refusal) return {};
    if (request.admission) request.admission->expect_body(request.body.size());
  }
  request.body_bytes = request.body.size();
  Response response = context_.hooks.handle(request);
  if (response.status < 200 || response.status > 599) throw std::out_of_range("a handler's status must be 200 to 599");
  if (!response.rest) compress_response(response, header(request, "Accept-Encoding"));
  return response;
}

bool Connection::send_all(std::string_view bytes, Clock::time_point deadline) {
  const auto outcome = stream_.send(bytes, deadline);
  if (outcome == ConnectionStream::Outcome::timed_out) stream_.reset();
  return outcome == ConnectionStream::Outcome::ready;
}

bool Connection::send(const Request& request, const Response& response, bool close) {
  const Clock::time_point deadline = Clock::now() + at_most(context_.limits.write_timeout);
  std::string bytes = response_head(response, request.id, close);
  const bool with_body = request.method != "HEAD" && may_have_body(response.status);
  const bool together = with_body && response.body.size() <= kSendTogether;
  if (together) bytes += response.body;
  if (!send_all(bytes, deadline)) return false;
  return !with_body || together || send_all(response.body, deadline);
}

bool Connection::stream(const Request& request, Response& response, BodyFraming framing, bool close) {
  entry_.begin_work();
  const auto turn = context_.streams.enter(request.disconnected, tenant_of(request));
  entry_.end_work();
  if (!turn) {
    response = context_.refuse(overloaded());
    return send(request, response, close);
  }
  const ContentEncoding encoding = announce_encoding(response, header(request, "Accept-Encoding"));
  std::string wire = response_head(response, request.id, close, framing);
  const auto source = std::exchange(response.rest, nullptr);
  StreamedBody body(*source, encoding, framing);
  bool more = request.method != "HEAD" && may_have_body(response.status);
  if (more) body.begin(std::exchange(response.body, {}), wire);
  bool whole = true;
  while (!wire.empty()) {
    // Each piece has its time: a client may be slow with a large answer, but not stop reading it.
    if (!send_all(wire, Clock::now() + at_most(context_.limits.write_timeout))) return false;
    response.streamed_bytes += wire.size();
    wire.clear();
    // Nothing to send yet, and more to come: a compressor keeps some back.
    while (more && wire.empty()) whole = next_piece(request, body, wire, more);
  }
  response.points = source->points();
  request.storage.time += source->storage_time();
  // Where the end of the connection is that of the body, it must not look like one.
  if (!whole && framing == BodyFraming::until_close) stream_.reset();
  return whole;
}

bool Connection::next_piece(const Request& request, StreamedBody& body, std::string& wire, bool& more) {
  const auto fail = [&](std::string_view what) {
    more = false;
    wire.clear();
    // A client that left wants no answer, and its query was given up for that.
    if (context_.hooks.fail && !request.disconnected.stop_requested()) {
      context_.hooks.fail(request, "the answer was cut off: " + std::string(what));
    }
    return false;
  };
  entry_.begin_work();
  bool whole = true;
  try {
    more = body.next(wire);
  } catch (const std::exception& error) {
    whole = fail(error.what());
  } catch (...) {
    whole = fail("something that is not a std::exception");
  }
  entry_.end_work();
  return whole;
}

}  // namespace luminate::server::http
