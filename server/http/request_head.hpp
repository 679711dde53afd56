#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_server.hpp"
#include "server/http/message.hpp"
#include "server/http/refusal.hpp"

namespace luminate::server::http {

/// Finds the end of a request head in a buffer that grows, looking at every byte once.
class HeadScanner {
 public:
  enum class State {
    more,            ///< No end yet.
    complete,        ///< size() bytes, the empty line included.
    bare_line_feed,  ///< A line that does not end in CRLF: where one proxy sees a line, another does not.
  };

  /// @param buffered all bytes of the head so far: what it was given before, and more.
  State scan(std::string_view buffered);

  std::size_t size() const { return scanned_; }
  bool has_request_line() const { return lines_ > 0; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
};

/// What a request says before its body; only what nobody on the way can have read differently.
struct RequestHead {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> query;
  Headers headers;

  bool keep_alive = true;
  bool takes_chunks = true;  ///< It speaks HTTP/1.1.
  bool chunked = false;
  std::uint64_t content_length = 0;
  bool expects_continue = false;

  bool has_body() const { return chunked || content_length > 0; }
};

/// Reads a complete head. On refusal `head` holds what was read until then, good for logs only.
std::optional<Refusal> parse_request_head(std::string_view text, const HttpLimits& limits, RequestHead& head);

}  // namespace luminate::server::http
