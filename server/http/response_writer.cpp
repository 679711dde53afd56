#include "server/http/response_writer.hpp"

#include <algorithm>
#include <array>

namespace luminate::server::http {
namespace {

/// Below this the headers outweigh what compression saves.
constexpr std::size_t kCompressAbove = 1024;

constexpr std::array<std::string_view, 9> kOwnHeaders = {
    "connection",   "content-length",    "content-type",           "date",   "keep-alive",
    "x-request-id", "transfer-encoding", "x-content-type-options", "trailer"};

bool is_own(std::string_view name) {
  const CaseInsensitiveLess less;
  return std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(),
                     [&](std::string_view own) { return !less(own, name) && !less(name, own); });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  std::transform(value.begin(), value.end(), std::back_inserter(out),
                 [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c; });
  out.append("\r\n");
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 207:
      return "Multi-Status";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";  // Allowed, and clients look at the number.
  }
}

void append_padded(std::string& out, std::int64_t number, std::size_t digits) {
  const std::string text = std::to_string(number);
  out.append(digits - std::min(digits, text.size()), '0').append(text);
}

void vary_by_encoding(Response& response) {
  auto& vary = response.headers["Vary"];
  vary += vary.empty() ? "Accept-Encoding" : ", Accept-Encoding";
}

}  // namespace

std::string http_date(std::chrono::sys_seconds time) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string out;
  out.append(kDays[std::chrono::weekday(day).c_encoding()]).append(", ");
  append_padded(out, unsigned{date.day()}, 2);
  out.append(" ").append(kMonths[unsigned{date.month()} - 1]).append(" ");
  append_padded(out, int{date.year()}, 4);
  out += ' ';
  append_padded(out, clock.hours().count(), 2);
  out += ':';
  append_padded(out, clock.minutes().count(), 2);
  out += ':';
  append_padded(out, clock.seconds().count(), 2);
  return out.append(" GMT");
}

bool may_have_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void compress_response(Response& response, std::string_view accept_encoding) {
  if (response.body.size() <= kCompressAbove || response.headers.contains("Content-Encoding")) return;
  vary_by_encoding(response);
  const ContentEncoding encoding = choose_content_encoding(accept_encoding);
  if (encoding == ContentEncoding::identity) return;
  std::string compressed = encode_content(encoding, response.body);
  if (compressed.size() >= response.body.size()) return;
  response.body = std::move(compressed);
  response.headers["Content-Encoding"] = content_encoding_name(encoding);
}

ContentEncoding announce_encoding(Response& response, std::string_view accept_encoding) {
  if (response.headers.contains("Content-Encoding")) return ContentEncoding::identity;
  vary_by_encoding(response);
  const ContentEncoding encoding = choose_content_encoding(accept_encoding);
  if (encoding != ContentEncoding::identity) {
    response.headers["Content-Encoding"] = content_encoding_name(encoding);
  }
  return encoding;
}

std::string response_head(const Response& response, std::string_view request_id, bool close, BodyFraming framing) {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(reason_phrase(response.status)).append("\r\n");
  if (may_have_body(response.status)) {
    if (!response.body.empty()) append_header(head, "Content-Type", response.content_type);
    if (framing == BodyFraming::length) {
      append_header(head, "Content-Length", std::to_string(response.body.size()));
    } else if (framing == BodyFraming::chunked) {
      append_header(head, "Transfer-Encoding", "chunked");
    }
  }
  append_header(head, "Date", http_date(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
  append_header(head, "X-Request-Id", request_id);
  append_header(head, "X-Content-Type-Options", "nosniff");
  if (close) append_header(head, "Connection", "close");
  for (const auto& [name, value] : response.headers) {
    if (is_header_name(name) && !is_own(name)) append_header(head, name, value);
  }
  head.append("\r\n");
  return head;
}

}  // namespace luminate::server::http
