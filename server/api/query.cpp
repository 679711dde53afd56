#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "server/api/handlers.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

namespace luminate::server::api {
namespace {

/// Up to this size an answer is made as a whole: any error has its status, and clients learn the length.
constexpr std::size_t kWholeBytes = 1024 * 1024;
constexpr std::size_t kPieceBytes = 256 * 1024;

/// Tells those whose query somebody else has cancelled.
template <class Work>
auto unless_cancelled(const QueryRegistry::Running& running, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::cancelled || !running.was_cancelled()) throw;
    throw Error(ErrorCode::cancelled, "the query was cancelled by an administrator");
  }
}

/// The text of a range answer, made from the samples as they come.
class RangeBody final : public http::BodySource {
 public:
  RangeBody(RangeStream samples, std::shared_ptr<QueryRegistry::Running> running)
      : running_(std::move(running)), samples_(std::move(samples)) {}

  void next(std::string& out) override { fill(out, kPieceBytes, use_); }
  std::uint64_t points() const override { return samples_.points_scanned(); }
  std::chrono::nanoseconds storage_time() const override { return use_.time; }

  /// Appends up to about `enough` bytes. @returns whether that was all.
  bool fill(std::string& out, std::size_t enough, http::StorageUse& use) {
    while (!ended_ && out.size() < enough) {
      if (json_.write(out, enough - out.size())) continue;
      if (auto piece = next_samples(use)) {
        json_.add(std::move(*piece));
      } else {
        json_.finish(out, samples_.truncated(), samples_.points_scanned(), samples_.execution_time());
        ended_ = true;
      }
    }
    return ended_;
  }

 private:
  std::optional<RangeResult> next_samples(http::StorageUse& use) {
    const StorageTimer timer(use);
    return unless_cancelled(*running_, [&] { return samples_.next(); });
  }

  const std::shared_ptr<QueryRegistry::Running> running_;  // Lists it until it is sent.
  RangeStream samples_;
  RangeJsonWriter json_;
  http::StorageUse use_;
  bool ended_ = false;
};

http::Response answer_range(const http::Request& request, RangeStream samples,
                            const std::shared_ptr<QueryRegistry::Running>& running) {
  auto body = std::make_shared<RangeBody>(std::move(samples), running);
  http::Response response;
  if (!body->fill(response.body, kWholeBytes, request.storage)) {
    running->begin_sending();
    response.rest = body;
  }
  response.points = body->points();
  return response;
}

std::string_view name_of(QueryType type) {
  switch (type) {
    case QueryType::range:
      return "range";
    case QueryType::rate:
      return "rate";
    case QueryType::aggregate:
      break;
  }
  return "aggregate";
}

}  // namespace

http::Response query(Store& store, const http::Request& request, QueryRegistry& queries) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  const Query query = Query::parse_json(request.body);
  const std::string_view name = name_of(query.type);
  // A client that hung up would never read the answer: its query need not go on.
  const auto running = queries.begin(store.tenant(), request);
  const auto ask = [&](const auto& work) {
    return in_storage(request, name, [&] { return unless_cancelled(*running, work); });
  };
  if (query.type == QueryType::range) {
    return answer_range(request, ask([&] { return store.stream(query, running->stop()); }), running);
  }
  const Result result = ask([&] { return store.query(query, running->stop()); });
  http::Response response;
  response.body = to_json(result);
  response.points = result.points_scanned;
  return response;
}

}  // namespace luminate::server::api
