#include <luminate.h>
#include <luminate/range_stream.hpp>
#include <luminate/store.hpp>

#include <exception>
#include <memory>
#include <utility>

#include "call.hpp"
#include "guard.hpp"
#include "query.hpp"
#include "query_table.hpp"
#include "result.hpp"

struct luminate_stream : luminate::capi::Handle {
  explicit luminate_stream(luminate::RangeStream&& begun) : stream(std::move(begun)) {}
  luminate::RangeStream stream;
  std::exception_ptr failure{};  ///< Of making columns of a piece, which is lost then, and with it the rest.
};

namespace luminate::capi {
namespace {

luminate_result* next_piece(luminate_stream& stream) {
  if (stream.failure) std::rethrow_exception(stream.failure);
  try {
    auto samples = stream.stream.next();
    return samples ? hand_out(make_table(std::move(*samples))) : nullptr;
  } catch (...) {
    stream.failure = std::current_exception();
    throw;
  }
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_store_stream(const luminate_store* store, const luminate_query* query, luminate_call* call,
                                      luminate_stream** stream, luminate_error** error) {
  clear(stream);
  return guarded(error, [&] {
    need(stream, "stream");
    luminate::RangeStream begun = bounded(store, call).stream(need(query, "query").query);
    *stream = std::make_unique<luminate_stream>(std::move(begun)).release();
  });
}

luminate_status luminate_stream_next(luminate_stream* stream, luminate_result** piece, luminate_error** error) {
  clear(piece);
  return guarded(error, [&] {
    need(piece, "piece");
    *piece = next_piece(need(stream, "stream"));
  });
}

int32_t luminate_stream_truncated(const luminate_stream* stream) {
  return stream != nullptr && stream->stream.truncated();
}

uint64_t luminate_stream_points_scanned(const luminate_stream* stream) {
  return stream == nullptr ? 0 : stream->stream.points_scanned();
}

void luminate_stream_destroy(luminate_stream* stream) {
  delete stream;
}

}  // extern "C"
