#include "server/trace_context.hpp"

#include <algorithm>

namespace luminate::server {
namespace {

constexpr std::size_t kTraceBegin = 3;
constexpr std::size_t kTraceSize = 32;
constexpr std::size_t kParentBegin = 36;
constexpr std::size_t kParentSize = 16;
constexpr std::size_t kFlagsBegin = 53;
constexpr std::size_t kSize = 55;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < kSize) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  if (header.size() > kSize && (version == "00" || header[kSize] != '-')) return std::nullopt;
  if (header[kTraceBegin - 1] != '-' || header[kParentBegin - 1] != '-' || header[kFlagsBegin - 1] != '-') {
    return std::nullopt;
  }
  const TraceContext context{header.substr(kTraceBegin, kTraceSize), header.substr(kParentBegin, kParentSize)};
  if (!is_hex(context.trace_id) || !is_hex(context.parent_id) || !is_hex(header.substr(kFlagsBegin, 2)) ||
      is_zero(context.trace_id) || is_zero(context.parent_id)) {
    return std::nullopt;
  }
  return context;
}

TraceContext trace_of(const http::Request& request) {
  const auto header = request.headers.find("traceparent");
  if (header == request.headers.end()) return {};
  return parse_traceparent(header->second).value_or(TraceContext{});
}

}  // namespace luminate::server
