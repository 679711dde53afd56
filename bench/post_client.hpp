#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace luminate::bench {

/// One keep-alive connection to a server on 127.0.0.1 that does as little as possible, so that it measures the server.
class PostClient {
 public:
  explicit PostClient(std::uint16_t port);
  ~PostClient();
  PostClient(const PostClient&) = delete;
  PostClient& operator=(const PostClient&) = delete;

  /// @throws std::runtime_error unless the answer is 200.
  void post(std::string_view path, std::string_view body);

 private:
  void send_all(std::string_view bytes);

  int socket_ = -1;
  std::string received_;
};

}  // namespace luminate::bench
