#pragma once

#include <cstddef>

namespace luminate::server::http {

/// The two directions of one connection, never blocking. TCP today; TLS would be a second implementation, which is why
/// sending may ask to wait for reading and the other way round.
class Channel {
 public:
  enum class Status { done, want_read, want_write, closed };
  struct Transfer {
    Status status;
    std::size_t bytes = 0;
  };

  virtual ~Channel() = default;
  virtual Transfer receive(char* to, std::size_t size) = 0;
  virtual Transfer send(const char* from, std::size_t size) = 0;
  /// Says that nothing more will be sent; receiving goes on.
  virtual void finish_sending() = 0;
  /// For poll(), and for cutting the connection off.
  virtual int descriptor() const = 0;
};

}  // namespace luminate::server::http
