#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace luminate::bench {

/// Many clients that each ask again as soon as they have their answer, on one thread, so that the loader costs a server
/// on the same machine as little as it can.
struct Load {
  /// Sent one behind the other. Both stay valid until the connection's next request is asked for.
  struct Outgoing {
    std::string_view head;
    std::string_view body;
  };

  std::uint16_t port = 0;
  std::size_t connections = 1;
  double seconds = 1;
  std::function<Outgoing(std::size_t connection)> next;
};

struct LoadResult {
  std::size_t requests = 0;
  double seconds = 0;
  double p50_us = 0;
  double p99_us = 0;
  double worst_us = 0;
  double own_cpu_seconds = 0;

  double per_second() const { return static_cast<double>(requests) / seconds; }
};

/// @throws std::runtime_error for an answer that is not 2xx or has no Content-Length, and for a connection that ends.
LoadResult run(const Load& load);

/// "POST path HTTP/1.1", the headers, and the empty line.
std::string request_head(std::string_view method, std::string_view path, std::string_view token = {},
                         std::size_t content_length = 0);

}  // namespace luminate::bench
