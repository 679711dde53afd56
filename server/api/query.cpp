#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "server/api/handlers.hpp"
#include "server/api/parameters.hpp"

namespace luminate::server::api {
namespace {

/// Up to this size an answer is made as a whole: any error has its status, and clients learn the length.
constexpr std::size_t kWholeBytes = 1024 * 1024;
constexpr std::size_t kPieceBytes = 256 * 1024;

/// The text of a range answer, made from the samples as they come.
class RangeBody final : public http::BodySource {
 public:
  explicit RangeBody(RangeStream samples) : samples_(std::move(samples)) {}

  void next(std::string& out) override { fill(out, kPieceBytes); }
  std::uint64_t points() const override { return samples_.points_scanned(); }

  /// Appends up to about `enough` bytes. @returns whether that was all.
  bool fill(std::string& out, std::size_t enough) {
    while (!ended_ && out.size() < enough) {
      if (json_.write(out, enough - out.size())) continue;
      if (auto piece = samples_.next()) {
        json_.add(std::move(*piece));
      } else {
        json_.finish(out, samples_.truncated(), samples_.points_scanned(), samples_.execution_time());
        ended_ = true;
      }
    }
    return ended_;
  }

 private:
  RangeStream samples_;
  RangeJsonWriter json_;
  bool ended_ = false;
};

http::Response answer_range(RangeStream samples) {
  auto body = std::make_shared<RangeBody>(std::move(samples));
  http::Response response;
  if (!body->fill(response.body, kWholeBytes)) response.rest = body;
  response.points = body->points();
  return response;
}

}  // namespace

http::Response query(Store& store, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  const Query query = Query::parse_json(request.body);
  // A client that hung up would never read the answer: its query need not go on.
  if (query.type == QueryType::range) return answer_range(store.stream(query, request.disconnected));
  const Result result = store.query(query, request.disconnected);
  http::Response response;
  response.body = to_json(result);
  response.points = result.points_scanned;
  return response;
}

}  // namespace luminate::server::api
