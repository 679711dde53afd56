#include "tests/server/api/answer_reader.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "server/http/content_encoding.hpp"

namespace luminate::server::api {
namespace {

constexpr std::size_t kMostDecompressed = std::size_t{64} << 20;

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error("the answer " + why);
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) refuse("ends inside a line");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  const bool clean = std::none_of(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
  if (!clean) refuse("has a control character in its head");
  return line;
}

std::string_view take(std::string_view& rest, std::size_t bytes) {
  if (rest.size() < bytes) refuse("is cut short");
  const std::string_view taken = rest.substr(0, bytes);
  rest.remove_prefix(bytes);
  return taken;
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) refuse("has a number that is none");
  return value;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

Answer read_head(std::string_view& rest) {
  const std::string_view line = take_line(rest);
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 13 || line[12] != ' ') refuse("has no status line");
  Answer answer{.status = static_cast<int>(number(line.substr(9, 3), 10))};
  for (std::string_view header = take_line(rest); !header.empty(); header = take_line(rest)) {
    const auto colon = header.find(": ");
    if (colon == std::string_view::npos || !is_token(header.substr(0, colon))) refuse("has a header that is none");
    std::string name(header.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
    if (!answer.headers.emplace(std::move(name), header.substr(colon + 2)).second) refuse("has a header twice");
  }
  return answer;
}

std::string take_chunks(std::string_view& rest) {
  std::string body;
  for (;;) {
    const std::size_t size = number(take_line(rest), 16);
    body += take(rest, size);
    if (take(rest, 2) != "\r\n") refuse("has a chunk without an end");
    if (size == 0) return body;
  }
}

void read_body(std::string_view& rest, Answer& answer) {
  const bool chunked = answer.headers.contains("transfer-encoding");
  const bool counted = answer.headers.contains("content-length");
  if (chunked && counted) refuse("says twice how long it is");
  if (chunked) {
    if (answer.header("transfer-encoding") != "chunked") refuse("has an unknown framing");
    answer.body = take_chunks(rest);
  } else if (counted) {
    answer.body = take(rest, number(answer.header("content-length"), 10));
  } else {
    if (!answer.says_close()) refuse("does not say how long it is");
    answer.body = take(rest, rest.size());
  }
  if (!answer.headers.contains("content-encoding")) return;
  const auto encoding = http::parse_content_encoding(answer.header("content-encoding"));
  std::string decoded;
  if (!encoding || decode_content(*encoding, answer.body, kMostDecompressed, decoded) != http::DecodeStatus::done) {
    refuse("does not decompress");
  }
  answer.body = std::move(decoded);
}

}  // namespace

bool Answer::says_close() const {
  return header("connection") == "close";
}

std::string_view Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<Answer> read_answers(std::string_view bytes, const std::vector<std::string>& methods) {
  std::vector<Answer> answers;
  for (const std::string& method : methods) {
    if (!answers.empty() && answers.back().says_close()) refuse("follows one that was said to be the last");
    Answer answer = read_head(bytes);
    while (answer.status == 100) answer = read_head(bytes);
    if (method != "HEAD" && answer.status != 204 && answer.status != 304) read_body(bytes, answer);
    answers.push_back(std::move(answer));
  }
  // Of a request whose body never came only this is seen.
  while (bytes.starts_with("HTTP/1.1 100 ")) read_head(bytes);
  if (!bytes.empty()) refuse("is followed by something that nobody asked for");
  return answers;
}

}  // namespace luminate::server::api
