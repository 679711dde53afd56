#pragma once

#include <luminate/metric.hpp>
#include <luminate/options.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "ingest/series_cache.hpp"

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
  /// @param cache what keys are made with; must outlive the decoder.
  explicit JsonDecoder(const SeriesCache& cache);
  ~JsonDecoder();
  JsonDecoder(JsonDecoder&&) noexcept;
  JsonDecoder& operator=(JsonDecoder&&) = delete;

  /// Replaces the content of `batch`. Series that `known`, a view of the cache, knows of this tenant come into it by
  /// their handles. @throws Error invalid_request with the path of the offending field ("metrics[3].value"),
  /// batch_too_large, request_too_large; the batch's content is then unspecified.
  void decode(std::string_view json, std::int64_t now_ms, const WriteLimits& limits, std::string_view tenant,
              const SeriesCache::View& known, Batch& batch);

  /// For SeriesCache::remember(): the keys of the last text's series by their index in the batch, zero for those that
  /// came by handle.
  std::span<const SeriesCache::Key> keys() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace luminate::ingest
