#include "ingest/json_cursor.hpp"

#include "ingest/json_scalar.hpp"

namespace luminate::ingest {

std::optional<std::string_view> JsonCursor::take_escaped(std::string_view raw) {
  const auto length = unescape(raw, buffer_.end());
  if (!length) return std::nullopt;
  ++at_;
  return buffer_.take(*length);
}

}  // namespace luminate::ingest
