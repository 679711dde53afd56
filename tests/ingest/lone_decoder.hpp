#pragma once

#include "ingest/json_decoder.hpp"

namespace luminate::ingest {

/// A decoder that knows nothing of other texts.
class LoneDecoder {
 public:
  void decode(std::string_view json, std::int64_t now_ms, const WriteLimits& limits, Batch& batch) {
    decoder_.decode(json, now_ms, limits, "", {}, batch);
  }

 private:
  SeriesCache cache_{0};
  JsonDecoder decoder_{cache_};
};

}  // namespace luminate::ingest
