// Reads anything as a request: what is accepted has no control characters and is bounded.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "server/http/chunked_decoder.hpp"
#include "server/http/request_head.hpp"

using namespace luminate::server::http;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  HeadScanner scanner;
  if (scanner.scan(in) != HeadScanner::State::complete) return 0;
  RequestHead head;
  const HttpLimits limits;
  if (parse_request_head(in.substr(0, scanner.size()), limits, head)) return 0;
  must(clean(head.path) && head.headers.size() <= limits.max_headers && head.headers.contains("Host"));
  for (const auto& [name, value] : head.headers) must(clean(name) && clean(value));
  for (const auto& [name, value] : head.query) must(clean(name) && clean(value));
  must(!(head.chunked && head.content_length > 0) && !(head.has_body() && head.method == "GET"));

  ChunkedDecoder decoder;
  std::string out;
  const std::string_view body = in.substr(scanner.size());
  const std::size_t taken = decoder.feed(body, 1000, out);
  must(taken <= body.size() && out.size() <= 1000 && decoder.framing_bytes() + out.size() == taken);
  return 0;
}
