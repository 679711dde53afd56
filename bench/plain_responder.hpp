#pragma once

#include <sys/types.h>

#include <cstdint>

namespace luminate::bench {

/// The peer of an HTTP server: a process that gives every request the same answer without looking at it, from one
/// thread and with two system calls. Nothing that answers over sockets costs less.
class PlainResponder {
 public:
  PlainResponder();
  ~PlainResponder();
  PlainResponder(const PlainResponder&) = delete;
  PlainResponder& operator=(const PlainResponder&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t process() const { return process_; }

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace luminate::bench
