#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/http/content_encoding.hpp"

namespace luminate::server::http {

/// Compresses a body that comes in pieces, in 1 to 2 MB of memory. Used by one thread.
class ContentEncoder {
 public:
  /// @throws std::bad_alloc, like all of its functions.
  explicit ContentEncoder(ContentEncoding encoding);
  ~ContentEncoder();
  ContentEncoder(const ContentEncoder&) = delete;
  ContentEncoder& operator=(const ContentEncoder&) = delete;

  /// Appends what is ready of the body so far to `out`, perhaps nothing.
  void write(std::string_view in, std::string& out);
  /// Appends the rest.
  void finish(std::string& out);

 private:
  class Format;
  class Identity;
  class Gzip;
  class Zstd;
  std::unique_ptr<Format> format_;
};

}  // namespace luminate::server::http
