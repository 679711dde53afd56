#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace luminate::bench {

/// One keep-alive connection to a server on 127.0.0.1 that does as little as possible, so that it measures the server.
/// It speaks with all servers alike.
class PostClient {
 public:
  explicit PostClient(std::uint16_t port);
  ~PostClient();
  PostClient(const PostClient&) = delete;
  PostClient& operator=(const PostClient&) = delete;

  /// The body of the answer, valid until the next call. @throws std::runtime_error unless the answer is 200 or 204.
  std::string_view post(std::string_view path, std::string_view body,
                        std::string_view content_type = "application/json");

 private:
  void send_all(std::string_view bytes);
  void receive_some();
  /// Received bytes up to and with `mark`, from `from` on; reads until they are there.
  std::size_t receive_until(std::string_view mark, std::size_t from);
  void receive_at_least(std::size_t bytes);
  std::size_t receive_chunks(std::size_t from);

  int socket_ = -1;
  std::string received_;  ///< Grows only; the first `filled_` bytes are of the answer.
  std::size_t filled_ = 0;
};

}  // namespace luminate::bench
