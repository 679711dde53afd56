#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::server::http {

/// Header names compare without regard to case.
struct CaseInsensitiveLess {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const noexcept;
};
using Headers = std::map<std::string, std::string, CaseInsensitiveLess>;

/// What a request had to do with the storage, for logs and metrics.
struct StorageUse {
  std::string_view operation{};     ///< "write", "aggregate", "range", "metrics", ...; a literal. Empty: nothing.
  std::chrono::nanoseconds time{};  ///< How long the storage was at it.
};

/// What a request holds from when its head was let in until its answer has been sent; then it dies.
class Admission {
 public:
  virtual ~Admission() = default;
  /// Whose request it is: they share the server's work fairly. Empty: nobody's.
  virtual std::string_view tenant() const = 0;
  /// Told how large the body is announced to be, then how large it was, whole or not, then what it became by
  /// decompression.
  virtual void expect_body(std::size_t bytes) = 0;
};

/// A request as handlers see it: complete, bounded, decoded. No transport shows through.
struct Request {
  std::string method{};                             ///< "GET", "POST", ...
  std::string path{};                               ///< Percent-decoded, without the query string.
  std::multimap<std::string, std::string> query{};  ///< Percent-decoded parameters.
  Headers headers{};                                ///< As sent; repeated ones are joined by ", ".
  std::string body{};                               ///< Decompressed.
  std::string remote_address{};
  std::string id{};                        ///< Answered as X-Request-Id.
  std::stop_token disconnected{};          ///< Asked to stop when the client is known to be gone, or cut off.
  std::shared_ptr<Admission> admission{};  ///< From HttpServer::Admit; null where there was none.
  bool encrypted = false;                  ///< It came by TLS, to this server itself.

  // For logs and metrics.
  std::uint64_t received_bytes = 0;  ///< Of the body, as it came.
  std::uint64_t body_bytes = 0;      ///< Of the body, decompressed; 0 where it was not.
  mutable StorageUse storage{};      ///< Handlers fill it in, also where they end by throwing. See StorageTimer.
};

/// How much of a body is left for whoever observes its request.
inline constexpr std::size_t kKeptBodyBytes = 4096;

/// What follows the beginning of a body, made while it is sent: a client that reads slowly holds no more than a piece.
/// Used by one thread at a time, perhaps not the handler's.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Appends the next piece, some hundred KiB at most; nothing when the body is complete. What it throws cuts the
  /// connection off, so that nobody takes the beginning for the whole, and goes to HttpServer::Failure.
  virtual void next(std::string& out) = 0;
  /// For logs and metrics: Response::points, once the body has ended.
  virtual std::uint64_t points() const = 0;
  /// What next() has waited for the storage so far.
  virtual std::chrono::nanoseconds storage_time() const { return {}; }
};

/// Points that were refused for one reason.
struct RejectedPoints {
  std::string_view code;  ///< "INVALID_VALUE", ...; a literal.
  std::uint64_t points = 0;
};

/// The transport adds Content-Length, Content-Type, X-Request-Id and the like, and wins where `headers` has them too.
struct Response {
  int status = 200;
  std::string body{};
  std::string content_type = "application/json";
  Headers headers{};
  std::shared_ptr<BodySource> rest{};  ///< What follows `body`, which is not empty then; null: nothing.

  // For logs and metrics; not sent.
  std::string_view route{};  ///< The pattern that matched, such as "/api/v1/metrics/{name}/dimensions"; a literal.
  std::uint64_t points = 0;  ///< Written, or looked at by a query.
  std::uint64_t streamed_bytes = 0;        ///< What went on the wire of an answer with `rest`. The transport counts it.
  std::string tenant{};                    ///< Whose data the request reached; empty: nobody's.
  std::string_view reason{};               ///< Why it was not let in, in a word; a literal.
  std::string_view code{};                 ///< Of the error that it tells; a literal.
  std::uint64_t accepted = 0;              ///< Points that were written.
  std::vector<RejectedPoints> rejected{};  ///< Points that were not, by reason.
  std::string_view limited{};              ///< The rate limit or quota that refused it; a literal.
};

/// The one shape of every error answer: {"error": {"code", "message", "details"}}. `code` is a literal, `details_json`
/// a JSON object. The message may be anything: what is not UTF-8 is replaced.
Response error_response(int status, std::string_view code, std::string_view message,
                        std::string_view details_json = "{}");

}  // namespace luminate::server::http
