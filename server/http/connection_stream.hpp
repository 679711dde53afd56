#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/channel.hpp"

namespace luminate::server::http {

using Clock = std::chrono::steady_clock;

/// A connection's bytes with a buffer that lives as long as the connection, so that what follows one request is there
/// for the next. Every wait has a deadline: a point in time, not a time between bytes, or a client that drips could
/// hold on for ever. Used by one thread.
class ConnectionStream {
 public:
  enum class Outcome {
    ready,
    timed_out,
    closed,
    interrupted,
    foreign,  ///< Only of open().
  };

  /// @param capacity the most that is ever buffered.
  ConnectionStream(std::unique_ptr<Channel> channel, std::size_t capacity);

  /// To be done first, once; see Channel::open(). Interrupted when `wake` becomes readable.
  Outcome open(Clock::time_point deadline, int wake);

  /// Waits until there is something to read, and reads it; interrupted when `wake` becomes readable before that.
  Outcome wait_for_input(Clock::time_point deadline, int wake);

  /// Bytes that were received and not consumed. Valid until the next call to anything but consume().
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes);
  /// Adds at least one byte to the buffer, which must not be full.
  Outcome fill(Clock::time_point deadline);

  /// Appends 1 to `size` bytes to `out`, buffered ones first, others past the buffer.
  Outcome receive(std::string& out, std::size_t size, Clock::time_point deadline);

  /// Sends all of `bytes`.
  Outcome send(std::string_view bytes, Clock::time_point deadline);

  /// Ends the connection so that the answer arrives: a socket closed over unread input resets the connection, and the
  /// client may never see what was sent. So input is thrown away until the client is done, or the deadline.
  void linger(Clock::time_point deadline);
  /// Ends a connection on which nothing is under way.
  void part() { channel_->finish_sending(); }
  /// Ends it so that the client cannot take what it got for the whole.
  void reset() { channel_->reset(); }

  const Channel& channel() const { return *channel_; }

 private:
  Outcome receive_into(char* to, std::size_t size, Clock::time_point deadline, std::size_t& received);

  std::unique_ptr<Channel> channel_;
  const std::size_t capacity_;
  const std::unique_ptr<char[]> buffer_;  // Memory that no byte reached yet is not touched.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace luminate::server::http
