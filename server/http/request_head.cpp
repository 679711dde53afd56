#include "server/http/request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "server/http/url.hpp"

namespace luminate::server::http {
namespace {

Refusal invalid(std::string message, int status = 400) {
  return {status, kInvalidRequest, std::move(message)};
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kMarks.find(c) != std::string_view::npos;
  });
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool list_contains(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    if (equal_ignoring_case(trim(item), wanted)) return true;
    list.remove_prefix(std::min(list.size(), item.size() + 1));
  }
  return false;
}

/// "/path?query", or "http://host/path?query" as proxies may send it; "*" for OPTIONS.
std::optional<Refusal> parse_target(std::string_view target, RequestHead& head) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!starts_with_ignoring_case(target, scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find('/'), target.size()));
  }
  if (target == "*" && head.method == "OPTIONS") {
    head.path = target;
    return std::nullopt;
  }
  if (!target.starts_with('/')) return invalid("the request target must start with /");
  const bool printable = std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!printable || target.find('#') != std::string_view::npos) {
    return invalid("the request target holds a byte that must be percent-encoded");
  }
  const std::size_t mark = target.find('?');
  auto path = percent_decode(target.substr(0, mark));
  if (!path) return invalid("the path holds a broken percent-escape or a control character");
  head.path = std::move(*path);
  if (mark == std::string_view::npos) return std::nullopt;
  auto query = parse_query_string(target.substr(mark + 1));
  if (!query) return invalid("the query string holds a broken percent-escape or a control character");
  head.query = std::move(*query);
  return std::nullopt;
}

std::optional<Refusal> parse_request_line(std::string_view line, const HttpLimits& limits, RequestHead& head,
                                          bool& old_version) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first))) {
    return invalid("the request line must be METHOD TARGET HTTP/1.1");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (target.size() > limits.max_target_bytes) {
    return invalid("the request target is longer than " + std::to_string(limits.max_target_bytes) + " bytes", 414);
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/");
    return invalid("the protocol version must be HTTP/1.1", other ? 505 : 400);
  }
  old_version = version == "HTTP/1.0";
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  if (std::find(kMethods.begin(), kMethods.end(), line.substr(0, first)) == kMethods.end()) {
    return invalid("the method is not one that this server knows", 501);
  }
  head.method = line.substr(0, first);
  return parse_target(target, head);
}

/// Headers by which servers written for CGI pass on a connection's addresses; from a client they can only be forged.
bool is_forged_address(std::string_view name) {
  return starts_with_ignoring_case(name, "REMOTE_") || starts_with_ignoring_case(name, "LOCAL_");
}

/// The lines that decide where a request ends; each must be there at most once.
struct Framing {
  std::size_t hosts = 0;
  std::optional<std::string_view> content_length;
  std::optional<std::string_view> transfer_encoding;
};

std::optional<Refusal> parse_header(std::string_view line, RequestHead& head, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return invalid("folded header lines are not accepted");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return invalid("a header line must be Name: value");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (has_control_character(value)) return invalid("a header value holds a control character");

  if (equal_ignoring_case(name, "Host")) {
    if (++framing.hosts > 1) return invalid("there must be exactly one Host header");
  } else if (equal_ignoring_case(name, "Content-Length")) {
    if (framing.content_length) return invalid("there must be at most one Content-Length header");
    framing.content_length = value;
  } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
    if (framing.transfer_encoding) return invalid("there must be at most one Transfer-Encoding header");
    framing.transfer_encoding = value;
  }
  if (is_forged_address(name)) return std::nullopt;
  const auto [entry, added] = head.headers.try_emplace(std::string(name), value);
  if (!added) entry->second.append(", ").append(value);
  return std::nullopt;
}

std::optional<Refusal> apply_framing(const Framing& framing, bool old_version, RequestHead& head) {
  if (framing.hosts != 1) return invalid("there must be exactly one Host header");
  if (framing.transfer_encoding) {
    if (framing.content_length) return invalid("Transfer-Encoding and Content-Length exclude each other");
    if (old_version) return invalid("Transfer-Encoding needs HTTP/1.1");
    if (!equal_ignoring_case(*framing.transfer_encoding, "chunked")) {
      return invalid("the only Transfer-Encoding accepted is chunked", 501);
    }
    head.chunked = true;
  }
  if (framing.content_length) {
    const char* const end = framing.content_length->data() + framing.content_length->size();
    const bool digits = !framing.content_length->empty() && framing.content_length->front() != '-';
    const auto [rest, error] = std::from_chars(framing.content_length->data(), end, head.content_length);
    if (!digits || error != std::errc{} || rest != end) return invalid("Content-Length must be a number in digits");
  }
  const bool takes_body = head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS";
  if (head.has_body() && !takes_body) return invalid("a " + head.method + " request must not have a body");
  return std::nullopt;
}

std::optional<Refusal> apply_connection_options(bool old_version, RequestHead& head) {
  head.takes_chunks = !old_version;
  const auto connection = head.headers.find("Connection");
  // HTTP/1.0 clients are served, one request each: nothing that matters today keeps such connections alive.
  head.keep_alive = !old_version && (connection == head.headers.end() || !list_contains(connection->second, "close"));
  const auto expect = head.headers.find("Expect");
  if (expect == head.headers.end() || old_version) return std::nullopt;
  if (!equal_ignoring_case(expect->second, "100-continue")) {
    return invalid("the only expectation that can be met is 100-continue", 417);
  }
  head.expects_continue = true;
  return std::nullopt;
}

}  // namespace

HeadScanner::State HeadScanner::scan(std::string_view buffered) {
  for (;;) {
    const std::size_t feed = buffered.find('\n', scanned_);
    if (feed == std::string_view::npos) {
      scanned_ = buffered.size();
      return State::more;
    }
    scanned_ = feed + 1;
    if (feed == line_start_ || buffered[feed - 1] != '\r') return State::bare_line_feed;
    const bool empty = feed - line_start_ == 1;
    line_start_ = scanned_;
    ++lines_;
    if (empty) return State::complete;
  }
}

std::optional<Refusal> parse_request_head(std::string_view text, const HttpLimits& limits, RequestHead& head) {
  Framing framing;
  bool old_version = false;
  std::size_t lines = 0;
  for (;; ++lines) {
    const std::size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return invalid("the request head does not end in an empty line");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (lines > 0 && line.empty()) break;
    if (lines > limits.max_headers) {
      return Refusal{431, kHeadersTooLarge, "more than " + std::to_string(limits.max_headers) + " headers"};
    }
    auto refusal = lines == 0 ? parse_request_line(line, limits, head, old_version) : parse_header(line, head, framing);
    if (refusal) return refusal;
  }
  if (auto refusal = apply_framing(framing, old_version, head)) return refusal;
  return apply_connection_options(old_version, head);
}

}  // namespace luminate::server::http
