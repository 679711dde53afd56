#include <luminate.h>
#include <luminate/range_stream.hpp>
#include <luminate/store.hpp>

#include <exception>
#include <memory>
#include <stop_token>
#include <utility>

#include "call.hpp"
#include "guard.hpp"
#include "query.hpp"
#include "query_table.hpp"
#include "result.hpp"

struct luminate_stream : luminate::capi::Handle {
  luminate_stream(luminate::RangeStream&& begun, std::stop_token token)
      : stream(std::move(begun)), stop(std::move(token)) {}
  luminate::RangeStream stream;
  std::stop_token stop;
  std::exception_ptr failure{};  ///< Of making columns of a piece, which is lost then, and with it the rest.
};

namespace luminate::capi {
namespace {

luminate_result* next_piece(luminate_stream& stream) {
  if (stream.failure) std::rethrow_exception(stream.failure);
  try {
    // A backend that found the whole answer at once has no reason to ask.
    if (stream.stop.stop_requested()) throw Error(ErrorCode::cancelled, "the call was cancelled");
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
    auto stop = call == nullptr ? std::stop_token() : call->stop.get_token();
    *stream = std::make_unique<luminate_stream>(std::move(begun), std::move(stop)).release();
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
  const NotCancelled until_here;
  delete stream;
}

}  // extern "C"
