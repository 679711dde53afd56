#include "server/http/content_encoding.hpp"

#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <new>

#include "server/http/compression.hpp"

namespace luminate::server::http {
namespace {

constexpr int kZstdMaxWindowLog = 23;  // 8 MiB: what RFC 9659 lets a client ask of an HTTP server.
constexpr std::size_t kFirstOutput = 64 * 1024;

/// Output that doubles until it holds one byte more than may come out: that byte tells "too large" from "just fits".
class CappedOutput {
 public:
  CappedOutput(std::string& out, std::size_t max_size) : out_(out), cap_(max_size + (max_size < out.max_size())) {
    out_.resize(std::min(cap_, kFirstOutput));
  }

  char* begin() { return out_.data() + used_; }
  std::size_t room() const { return out_.size() - used_; }
  void advance(std::size_t bytes) { used_ += bytes; }

  /// @returns false when the cap is reached.
  bool grow() {
    if (room() > 0) return true;
    if (out_.size() == cap_) return false;
    out_.resize(cap_ - out_.size() < out_.size() ? cap_ : out_.size() * 2);
    return true;
  }

  DecodeStatus finish(std::size_t max_size) {
    out_.resize(used_);
    return used_ > max_size ? DecodeStatus::too_large : DecodeStatus::done;
  }

 private:
  std::string& out_;
  std::size_t cap_;
  std::size_t used_ = 0;
};

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

DecodeStatus decode_gzip(std::string_view in, std::size_t max_size, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, InflateEnd> guard(&stream);
  CappedOutput output(out, max_size);
  for (;;) {
    if (!output.grow()) return DecodeStatus::too_large;
    stream.next_in = zlib_input(in);
    const uInt input = stream.avail_in = zlib_size(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(output.begin());
    const uInt room = stream.avail_out = zlib_size(output.room());
    const int result = inflate(&stream, Z_NO_FLUSH);
    in.remove_prefix(input - stream.avail_in);
    output.advance(room - stream.avail_out);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) {
      if (in.empty()) return output.finish(max_size);
      // A gzip file may be several one after another; whatever else follows fails as a bad header.
      if (inflateReset(&stream) != Z_OK) return DecodeStatus::malformed;
    } else if ((result != Z_OK && result != Z_BUF_ERROR) || (in.empty() && stream.avail_out > 0)) {
      return DecodeStatus::malformed;  // Broken, or cut short: room was left, and nothing came.
    }
  }
}

DecodeStatus decode_zstd(std::string_view in, std::size_t max_size, std::string& out) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdMaxWindowLog);
  CappedOutput output(out, max_size);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  for (;;) {
    if (!output.grow()) return DecodeStatus::too_large;
    ZSTD_outBuffer target{output.begin(), output.room(), 0};
    const std::size_t result = ZSTD_decompressStream(context.get(), &target, &input);
    if (ZSTD_isError(result)) return DecodeStatus::malformed;
    output.advance(target.pos);
    if (input.pos < input.size) continue;
    if (result == 0) return output.finish(max_size);
    if (target.pos < target.size) return DecodeStatus::malformed;  // Cut short.
  }
}

std::string encode_gzip(std::string_view in) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, DeflateEnd> guard(&stream);
  std::string out(deflateBound(&stream, in.size()), '\0');
  std::size_t used = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    stream.next_in = zlib_input(in);
    const uInt input = stream.avail_in = zlib_size(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    const uInt room = stream.avail_out = zlib_size(out.size() - used);
    result = deflate(&stream, input == in.size() ? Z_FINISH : Z_NO_FLUSH);
    if (result == Z_STREAM_ERROR) throw std::bad_alloc();
    in.remove_prefix(input - stream.avail_in);
    used += room - stream.avail_out;
  }
  out.resize(used);
  return out;
}

std::string encode_zstd(std::string_view in) {
  std::string out(ZSTD_compressBound(in.size()), '\0');
  const std::size_t used = ZSTD_compress(out.data(), out.size(), in.data(), in.size(), kZstdLevel);
  if (ZSTD_isError(used)) throw std::bad_alloc();
  out.resize(used);
  return out;
}

std::string lower_trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// "gzip;q=0.5" -> 500 thousandths. A weight that makes no sense counts as a refusal: identity is always understood.
int weight_of(std::string_view parameters) {
  const std::string text = lower_trimmed(parameters);
  if (text.empty()) return 1000;
  if (!text.starts_with("q=") || text.size() > 7) return 0;
  double weight = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 2, end, weight, std::chars_format::fixed);
  if (error != std::errc{} || rest != end || !(weight >= 0) || weight > 1) return 0;
  return static_cast<int>(weight * 1000);
}

}  // namespace

std::optional<ContentEncoding> parse_content_encoding(std::string_view header) {
  const std::string name = lower_trimmed(header);
  if (name.empty() || name == "identity") return ContentEncoding::identity;
  if (name == "gzip" || name == "x-gzip") return ContentEncoding::gzip;
  if (name == "zstd") return ContentEncoding::zstd;
  return std::nullopt;
}

std::string_view content_encoding_name(ContentEncoding encoding) {
  switch (encoding) {
    case ContentEncoding::gzip:
      return "gzip";
    case ContentEncoding::zstd:
      return "zstd";
    case ContentEncoding::identity:
      break;
  }
  return "identity";
}

ContentEncoding choose_content_encoding(std::string_view accept_encoding) {
  std::optional<int> gzip, zstd, identity;
  int any = 0;
  while (!accept_encoding.empty()) {
    const std::string_view item = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(accept_encoding.size(), item.size() + 1));
    const std::size_t semicolon = item.find(';');
    const std::string name = lower_trimmed(item.substr(0, semicolon));
    const int weight = weight_of(semicolon == std::string_view::npos ? "" : item.substr(semicolon + 1));
    if (name == "gzip" || name == "x-gzip") gzip = weight;
    if (name == "zstd") zstd = weight;
    if (name == "identity") identity = weight;
    if (name == "*") any = weight;
  }
  const int best = std::max({zstd.value_or(any), gzip.value_or(any), 1});
  if (identity && *identity > best) return ContentEncoding::identity;
  if (zstd.value_or(any) == best) return ContentEncoding::zstd;
  if (gzip.value_or(any) == best) return ContentEncoding::gzip;
  return ContentEncoding::identity;
}

DecodeStatus decode_content(ContentEncoding encoding, std::string_view in, std::size_t max_size, std::string& out) {
  switch (encoding) {
    case ContentEncoding::gzip:
      return decode_gzip(in, max_size, out);
    case ContentEncoding::zstd:
      return decode_zstd(in, max_size, out);
    case ContentEncoding::identity:
      break;
  }
  if (in.size() > max_size) return DecodeStatus::too_large;
  out = in;
  return DecodeStatus::done;
}

std::string encode_content(ContentEncoding encoding, std::string_view in) {
  switch (encoding) {
    case ContentEncoding::gzip:
      return encode_gzip(in);
    case ContentEncoding::zstd:
      return encode_zstd(in);
    case ContentEncoding::identity:
      break;
  }
  return std::string(in);
}

}  // namespace luminate::server::http
