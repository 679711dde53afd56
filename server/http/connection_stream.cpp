#include "server/http/connection_stream.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <limits>

namespace luminate::server::http {
namespace {

using Outcome = ConnectionStream::Outcome;

/// Rounded up, or the last millisecond would be spent spinning.
int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<decltype(left)>(left, 0, std::numeric_limits<int>::max()));
}

Outcome wait_for(int descriptor, short events, int wake, Clock::time_point deadline) {
  std::array<pollfd, 2> polled = {pollfd{descriptor, events, 0}, pollfd{wake, POLLIN, 0}};
  for (;;) {
    const int timeout = milliseconds_until(deadline);
    const int ready = ::poll(polled.data(), wake < 0 ? 1 : 2, timeout);
    if (ready < 0 && errno != EINTR) return Outcome::closed;
    if (ready > 0) return polled[0].revents != 0 ? Outcome::ready : Outcome::interrupted;
    if (ready == 0 && Clock::now() >= deadline) return Outcome::timed_out;
  }
}

short events_for(Channel::Status status) {
  return status == Channel::Status::want_write ? POLLOUT : POLLIN;
}

}  // namespace

ConnectionStream::ConnectionStream(std::unique_ptr<Channel> channel, std::size_t capacity)
    : channel_(std::move(channel)), capacity_(capacity), buffer_(std::make_unique_for_overwrite<char[]>(capacity)) {}

Outcome ConnectionStream::open(Clock::time_point deadline, int wake) {
  for (;;) {
    const Channel::Status status = channel_->open();
    if (status == Channel::Status::done) return Outcome::ready;
    if (status == Channel::Status::foreign) return Outcome::foreign;
    if (status == Channel::Status::closed) return Outcome::closed;
    if (Clock::now() >= deadline) return Outcome::timed_out;
    const Outcome waited = wait_for(channel_->descriptor(), events_for(status), wake, deadline);
    if (waited != Outcome::ready) return waited;
  }
}

Outcome ConnectionStream::wait_for_input(Clock::time_point deadline, int wake) {
  if (begin_ < end_) return Outcome::ready;
  short events = POLLIN;
  for (bool wait = !channel_->has_pending();; wait = true) {
    if (wait) {
      const Outcome waited = wait_for(channel_->descriptor(), events, wake, deadline);
      if (waited != Outcome::ready) return waited;
    }
    // What woke us may be none of the client's bytes, but a matter between the two ends of TLS.
    const auto [status, bytes] = channel_->receive(buffer_.get(), capacity_);
    begin_ = 0;
    end_ = bytes;
    if (status == Channel::Status::done) return Outcome::ready;
    if (status == Channel::Status::closed) return Outcome::closed;
    if (Clock::now() >= deadline) return Outcome::timed_out;
    events = events_for(status);
  }
}

void ConnectionStream::consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

Outcome ConnectionStream::fill(Clock::time_point deadline) {
  if (end_ == capacity_) {
    std::copy(buffer_.get() + begin_, buffer_.get() + end_, buffer_.get());
    end_ -= begin_;
    begin_ = 0;
  }
  assert(end_ < capacity_);
  std::size_t received = 0;
  const Outcome outcome = receive_into(buffer_.get() + end_, capacity_ - end_, deadline, received);
  end_ += received;
  return outcome;
}

Outcome ConnectionStream::receive(std::string& out, std::size_t size, Clock::time_point deadline) {
  if (begin_ < end_) {
    const std::string_view bytes = buffered().substr(0, size);
    out += bytes;
    consume(bytes.size());
    return Outcome::ready;
  }
  const std::size_t before = out.size();
  out.resize(before + size);
  std::size_t received = 0;
  const Outcome outcome = receive_into(out.data() + before, size, deadline, received);
  out.resize(before + received);
  return outcome;
}

Outcome ConnectionStream::receive_into(char* to, std::size_t size, Clock::time_point deadline, std::size_t& received) {
  for (;;) {
    const auto [status, bytes] = channel_->receive(to, size);
    received = bytes;
    if (status == Channel::Status::done) return Outcome::ready;
    if (status == Channel::Status::closed) return Outcome::closed;
    // TLS may be given something again and again that is no byte for us.
    if (Clock::now() >= deadline) return Outcome::timed_out;
    const Outcome waited = wait_for(channel_->descriptor(), events_for(status), -1, deadline);
    if (waited != Outcome::ready) return waited;
  }
}

Outcome ConnectionStream::send(std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const auto [status, sent] = channel_->send(bytes.data(), bytes.size());
    bytes.remove_prefix(sent);
    if (status == Channel::Status::closed) return Outcome::closed;
    if (status == Channel::Status::done) continue;
    if (Clock::now() >= deadline) return Outcome::timed_out;
    const Outcome waited = wait_for(channel_->descriptor(), events_for(status), -1, deadline);
    if (waited != Outcome::ready) return waited;
  }
  return Outcome::ready;
}

void ConnectionStream::linger(Clock::time_point deadline) {
  for (auto status = channel_->finish_sending(); status != Channel::Status::done; status = channel_->finish_sending()) {
    if (status == Channel::Status::closed || Clock::now() >= deadline) return;
    if (wait_for(channel_->descriptor(), events_for(status), -1, deadline) != Outcome::ready) return;
  }
  std::array<char, 16 * 1024> ignored;
  std::size_t received = 0;
  // A client that never stops sending always has input ready, and would get past the wait's deadline.
  while (Clock::now() < deadline &&
         receive_into(ignored.data(), ignored.size(), deadline, received) == Outcome::ready) {
  }
}

}  // namespace luminate::server::http
