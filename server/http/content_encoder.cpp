#include "server/http/content_encoder.hpp"

#include <zstd.h>

#include <new>

#include "server/http/compression.hpp"

namespace luminate::server::http {
namespace {

constexpr std::size_t kOutputStep = 32 * 1024;
constexpr int kZstdWindowLog = 20;  // 1 MiB: half of the level's own window, and of its memory.

}  // namespace

class ContentEncoder::Format {
 public:
  virtual ~Format() = default;
  virtual void write(std::string_view in, bool last, std::string& out) = 0;
};

class ContentEncoder::Identity final : public Format {
 public:
  void write(std::string_view in, bool /*last*/, std::string& out) override { out += in; }
};

class ContentEncoder::Gzip final : public Format {
 public:
  Gzip() {
    if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Gzip() override { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  void write(std::string_view in, bool last, std::string& out) override {
    for (;;) {
      stream_.next_in = zlib_input(in);
      const uInt input = stream_.avail_in = zlib_size(in.size());
      const std::size_t before = out.size();
      out.resize(before + kOutputStep);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kOutputStep;
      const int result = deflate(&stream_, last && input == in.size() ? Z_FINISH : Z_NO_FLUSH);
      out.resize(out.size() - stream_.avail_out);
      in.remove_prefix(input - stream_.avail_in);
      if (result == Z_STREAM_ERROR) throw std::bad_alloc();
      if (result == Z_STREAM_END || (!last && in.empty() && stream_.avail_out > 0)) return;
    }
  }

 private:
  z_stream stream_{};
};

class ContentEncoder::Zstd final : public Format {
 public:
  Zstd() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kZstdWindowLog);
  }

  void write(std::string_view in, bool last, std::string& out) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    for (;;) {
      const std::size_t before = out.size();
      out.resize(before + kOutputStep);
      ZSTD_outBuffer output{out.data() + before, kOutputStep, 0};
      const std::size_t left =
          ZSTD_compressStream2(context_.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
      out.resize(before + output.pos);
      if (ZSTD_isError(left)) throw std::bad_alloc();
      if (last ? left == 0 : input.pos == input.size) return;
    }
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
};

ContentEncoder::ContentEncoder(ContentEncoding encoding) {
  switch (encoding) {
    case ContentEncoding::gzip:
      format_ = std::make_unique<Gzip>();
      return;
    case ContentEncoding::zstd:
      format_ = std::make_unique<Zstd>();
      return;
    case ContentEncoding::identity:
      break;
  }
  format_ = std::make_unique<Identity>();
}

ContentEncoder::~ContentEncoder() = default;

void ContentEncoder::write(std::string_view in, std::string& out) {
  format_->write(in, false, out);
}

void ContentEncoder::finish(std::string& out) {
  format_->write({}, true, out);
}

}  // namespace luminate::server::http
