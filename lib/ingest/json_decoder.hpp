#pragma once

#include <luminate/metric.hpp>
#include <luminate/options.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

namespace luminate::ingest {

/// What stands for a timestamp that is a number but no int64. No limits let the Validator accept it.
inline constexpr std::int64_t kNoTimestamp = std::numeric_limits<std::int64_t>::min();

/// Decodes the JSON write format, {"metrics": [{"name", "timestamp", "value", "dimensions"}, ...]}, straight into the
/// columns of a batch. Keeps its buffers between calls, so reuse one; one thread at a time.
///
/// `timestamp` may be left out (the point gets `now_ms`), and so may `dimensions` (none). A number that is out of range
/// for its column is decoded so that the Validator rejects that one point: a timestamp that is no int64 becomes
/// kNoTimestamp, a value beyond float64 an infinity. Everything else that is not of this shape rejects the whole text.
class JsonDecoder {
 public:
  JsonDecoder();
  ~JsonDecoder();
  JsonDecoder(JsonDecoder&&) noexcept;
  JsonDecoder& operator=(JsonDecoder&&) noexcept;

  /// Replaces the content of `batch`. @throws Error invalid_request with the path of the offending field
  /// ("metrics[3].value"), batch_too_large, request_too_large; the batch's content is then unspecified.
  void decode(std::string_view json, std::int64_t now_ms, const WriteLimits& limits, Batch& batch);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace luminate::ingest
