// Whatever the bytes are: an Error, or a batch whose columns fit together and that the Validator can judge.
#include <luminate/error.hpp>
#include <luminate/validator.hpp>

#include <cstdlib>
#include <string_view>

#include "ingest/json_decoder.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // One decoder for all inputs: what one leaves behind must not disturb the next.
  static luminate::ingest::JsonDecoder decoder;
  static luminate::Batch batch;
  constexpr std::int64_t kNow = 1'760'000'000'000;
  const luminate::WriteLimits limits{.max_batch_size = 50, .max_request_size_bytes = 100'000};
  try {
    decoder.decode({reinterpret_cast<const char*>(data), size}, kNow, limits, batch);
  } catch (const luminate::Error& error) {
    require(error.what() != std::string_view());
    return 0;
  }
  require(!batch.empty() && batch.size() <= limits.max_batch_size);
  require(batch.timestamp_column().size() == batch.size() && batch.value_column().size() == batch.size());
  require(batch.series_count() <= batch.size() && batch.metric_count() <= batch.series_count());
  for (const auto series : batch.series_column()) {
    require(series < batch.series_count());
    require(batch.series_at(series).metric < batch.metric_count());
  }
  const auto verdicts = luminate::Validator().check(batch, kNow);
  require(verdicts.size() <= batch.size());
  return 0;
}
