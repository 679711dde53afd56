#pragma once

#include <cstddef>
#include <string_view>

namespace luminate::server::http {

/// The two directions of one connection, never blocking: TCP, or TLS over it, for which sending may have to wait for
/// reading and the other way round.
class Channel {
 public:
  enum class Status {
    done,
    want_read,
    want_write,
    closed,
    foreign,  ///< Only of open().
  };
  struct Transfer {
    Status status;
    std::size_t bytes = 0;
  };

  virtual ~Channel() = default;

  /// Agrees with the other side on what comes before all bytes, such as keys; to be called until it is done. `foreign`:
  /// the other side speaks something else, and gets what is sent as it is.
  virtual Status open() { return Status::done; }
  /// Why open() has not come to an end; empty where nobody was there to begin with.
  virtual std::string_view open_failure() const { return {}; }
  virtual bool encrypted() const { return false; }

  virtual Transfer receive(char* to, std::size_t size) = 0;
  /// True when receive() has bytes that poll() on the descriptor does not know of.
  virtual bool has_pending() const { return false; }
  virtual Transfer send(const char* from, std::size_t size) = 0;
  /// Says that nothing more will be sent, and that this was all; receiving goes on. To be called until it is done.
  virtual Status finish_sending() = 0;
  /// Ends both directions such that nobody can take what was sent for the whole, and forgets what was not sent yet.
  virtual void reset() = 0;
  /// For poll(), and for cutting the connection off.
  virtual int descriptor() const = 0;
};

}  // namespace luminate::server::http
