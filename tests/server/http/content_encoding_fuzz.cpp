// Decodes anything, within the cap; what decodes comes back from another round.
#include <cstdint>
#include <cstdlib>

#include "server/http/content_encoding.hpp"

using namespace luminate::server::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 100'000;
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  choose_content_encoding(in);
  parse_content_encoding(in);
  for (const auto encoding : {ContentEncoding::gzip, ContentEncoding::zstd, ContentEncoding::identity}) {
    std::string out;
    if (decode_content(encoding, in, kMost, out) != DecodeStatus::done) continue;
    std::string again;
    const auto status = decode_content(encoding, encode_content(encoding, out), kMost, again);
    if (out.size() > kMost || status != DecodeStatus::done || again != out) std::abort();
  }
  return 0;
}
