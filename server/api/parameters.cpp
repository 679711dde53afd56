#include "server/api/parameters.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

#include "server/nearest.hpp"

namespace luminate::server::api {
namespace {

/// What came from outside, cut to a length that fits a message.
std::string shown(std::string_view text) {
  return "'" + std::string(text.substr(0, 64)) + "'";
}

[[noreturn]] void refuse(std::string_view name, const std::string& message) {
  throw Error(ErrorCode::invalid_request, message, std::string(name.substr(0, 64)));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// "application/json", with no parameter but charset=utf-8.
bool is_json(std::string_view content_type) {
  std::string text = lower(content_type);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\t' || c == '"'; }),
             text.end());
  return text == "application/json" || text == "application/json;charset=utf-8";
}

}  // namespace

Parameters::Parameters(const http::Request& request, std::initializer_list<std::string_view> known)
    : request_(request) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::vector<std::string_view> candidates(known);
      refuse(name, "unknown parameter " + shown(name) +
                       (candidates.empty() ? std::string("; this path takes none")
                                           : "; the nearest is '" + std::string(nearest(name, candidates)) + "'"));
    }
    if (request.query.count(name) > 1) refuse(name, "the parameter '" + name + "' is given more than once");
  }
}

std::optional<std::string_view> Parameters::text(std::string_view name) const {
  const auto found = request_.query.find(std::string(name));
  if (found == request_.query.end()) return std::nullopt;
  return found->second;
}

std::size_t Parameters::count(std::string_view name, std::size_t minimum, std::size_t maximum,
                              std::size_t otherwise) const {
  const auto value = text(name);
  if (!value) return otherwise;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error != std::errc() || end != value->data() + value->size() || number < minimum || number > maximum) {
    refuse(name, std::string(name) + " must be a whole number from " + std::to_string(minimum) + " to " +
                     std::to_string(maximum) + ", not " + shown(*value));
  }
  return number;
}

bool Parameters::flag(std::string_view name) const {
  const auto value = text(name);
  if (!value || *value == "false") return false;
  if (*value != "true") refuse(name, std::string(name) + " must be true or false, not " + shown(*value));
  return true;
}

std::optional<std::int64_t> Parameters::instant(std::string_view name) const {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto instant = parse_instant(*value);
  if (!instant) {
    // The "+" of an offset such as +01:00 arrives as a space.
    const bool lost_plus = value->find(' ') != std::string_view::npos;
    refuse(name, std::string(name) +
                     " must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or Unix milliseconds, not " +
                     shown(*value) + (lost_plus ? "; a + is written %2B in a URL" : ""));
  }
  return instant;
}

std::optional<TimeRange> Parameters::time_range() const {
  const auto start = instant("start");
  const auto end = instant("end");
  if (!start && !end) return std::nullopt;
  const TimeRange range{start.value_or(std::numeric_limits<std::int64_t>::min()),
                        end.value_or(std::numeric_limits<std::int64_t>::max())};
  if (range.start_ms >= range.end_ms) refuse("start", "start must be before end");
  return range;
}

std::optional<http::Response> refuse_content_type(const http::Request& request) {
  const auto declared = request.headers.find("Content-Type");
  if (declared == request.headers.end() || is_json(declared->second)) return std::nullopt;
  return http::error_response(415, "UNSUPPORTED_MEDIA_TYPE",
                              "the body must be declared as JSON: send the header Content-Type: application/json");
}

}  // namespace luminate::server::api
