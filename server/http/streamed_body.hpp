#pragma once

#include <string>
#include <string_view>

#include "server/http/content_encoder.hpp"
#include "server/http/message.hpp"
#include "server/http/response_writer.hpp"

namespace luminate::server::http {

/// The body of an answer that is made while it is sent, as it goes on the wire. Used by one thread.
class StreamedBody {
 public:
  /// @param framing chunked, or until_close for clients that know no chunks.
  StreamedBody(BodySource& source, ContentEncoding encoding, BodyFraming framing);

  /// Appends a piece of what the source begins with.
  void begin(std::string_view beginning, std::string& wire) { frame(beginning, false, wire); }
  /// Appends the next piece, which is the end of the body when there is nothing left. @returns false behind that.
  /// @throws what the source does.
  bool next(std::string& wire);

 private:
  void frame(std::string_view piece, bool last, std::string& wire);

  BodySource& source_;
  ContentEncoder encoder_;
  const BodyFraming framing_;
  std::string piece_;
  bool ended_ = false;
};

}  // namespace luminate::server::http
