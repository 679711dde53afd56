#include "server/api/admitted.hpp"

#include <algorithm>

#include "server/api/rate_limits.hpp"

namespace luminate::server::api {
namespace {

/// What a point of a usual write takes. By this a body counts until its points have been counted, and for good when
/// that never happens: it broke off, or was no write.
constexpr std::uint64_t kUsualPointBytes = 128;
/// A body counts as a point for each of these at least: about as many as the largest batch may have. Less than that no
/// honest batch has, and without it white space would be free.
constexpr std::uint64_t kLargePointBytes = 1024;

}  // namespace

void Admitted::expect_body(std::size_t bytes) {
  if (route().cost != limits::Cost::write) return;
  body_bytes_ = std::max<std::uint64_t>(body_bytes_, bytes);
  ticket_.reserve(body_bytes_ / kUsualPointBytes);
}

void Admitted::settle(http::Response& response) {
  if (route().cost == limits::Cost::write) {
    std::uint64_t sent = response.accepted;
    for (const http::RejectedPoints& rejected : response.rejected) sent += rejected.points;
    if (sent > 0 || response.status < 400) ticket_.settle(std::max(sent, body_bytes_ / kLargePointBytes));
  }
  show_quota(ticket_.quota(), response);
}

}  // namespace luminate::server::api
